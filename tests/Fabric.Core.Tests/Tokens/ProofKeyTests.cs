using System.Buffers.Text;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Tokens;

namespace Fabric.Core.Tests.Tokens;

public sealed class ProofKeyTests
{
    [Fact]
    public void The_thumbprint_of_a_key_is_that_of_rfc_7638()
    {
        // The public key of RFC 9449 section 4.1, and its thumbprint as section 6.1 tells it.
        var (x, y) = (Base64Url.DecodeFromChars("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"), Base64Url.DecodeFromChars("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"));
        Assert.Equal("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", Thumbprints.Of(x, y));
    }

    [Theory]
    [InlineData("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", true)]
    [InlineData("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I=", false)]
    [InlineData("0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I", false)]
    [InlineData("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_thumbprint_is_32_bytes_in_base64url(string? text, bool isValid) => Assert.Equal(isValid, Thumbprints.IsValid(text));

    [Theory]
    [InlineData("{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", true)]
    [InlineData("{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\",\"x5t#S256\":\"a\"}", false)]
    [InlineData("{\"x5t#S256\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", false)]
    [InlineData("{\"jkt\":\"short\"}", false)]
    [InlineData("{\"jkt\":null}", false)]
    [InlineData("{}", false)]
    [InlineData("null", false)]
    [InlineData("\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"", false)]
    public void A_confirmation_that_is_not_understood_makes_no_token(string confirmation, bool isRead)
    {
        var bound = TokenSamples.Claims with { IssuedAt = new Instant(1_700_000_000_000), ExpiresAt = new Instant(1_700_000_300_000), ProofKey = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" };
        using var signer = TokenSamples.Pair().Signer;
        var token = signer.MakeToken(bound).Value;
        var parts = token.Split('.');
        var payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1]));
        const string written = "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}";
        Assert.Contains($"\"cnf\":{written}", payload, StringComparison.Ordinal);
        var changed = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload.Replace($"\"cnf\":{written}", $"\"cnf\":{confirmation}", StringComparison.Ordinal)));
        var parsed = TokenReader.Parse(Encoding.ASCII.GetBytes($"{parts[0]}.{changed}.{parts[2]}"));
        Assert.Equal(isRead ? null : Codes.TokenMalformed, parsed.Rejection?.Code);
        Assert.True(!isRead || parsed.Value.Claims.Equals(bound));
    }
}
