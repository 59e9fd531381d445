using System.Net.Http.Headers;
using System.Text.Json;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>What an OAuth endpoint answered.</summary>
public sealed record OAuthReply(int Status, JsonElement Body, string? Nonce, AuthenticationHeaderValue? Challenge)
{
    public string? Error => Text("error");

    public string Token => Text("access_token") ?? throw new InvalidOperationException($"no token: {Status} {Body}");

    public string? Text(string name) => Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Fails unless it is this error, told as RFC 6749 section 5.2 says.</summary>
    public void Refused(string error, int status = 400)
    {
        Assert.True(Error == error && Status == status, $"{Status} {Body} is not {status} {error}");
        Assert.Matches("^[ !#-\\[\\]-~]+$", Text("error_description"));
        Assert.Equal(status == 401, Challenge is { Scheme: "Basic" });
    }

    public OAuthReply Ok()
    {
        Assert.True(Status == 200, $"{Status} {Body}");
        return this;
    }
}
