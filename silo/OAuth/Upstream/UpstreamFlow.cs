using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Silo.OAuth.Interaction;

namespace Fabric.Silo.OAuth.Upstream;

/// <summary>
/// A sign-in at an issuer that a browser has begun. The browser keeps it, bound to its own secret: nobody who comes along makes the fabric remember anything, it is the same at every silo, and no
/// other browser goes on with it. <paramref name="Stamp"/>: which issuer that was; <paramref name="Page"/> and <paramref name="Query"/>: what the browser comes back to.
/// </summary>
internal sealed record UpstreamFlow(string Tenant, string Provider, string Stamp, string State, long BegunAtMs, string Page, string Query)
{
    /// <summary>How long a user has to sign in there.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>The most characters of the query to come back to: it goes into a cookie (RFC 6265 section 6.1: 4,096 bytes).</summary>
    public const int QueryLengthMax = 2_000;

    private const int TextLengthMax = 3_900;
    private const int TokenLength = PageSecrets.Length;
    private const string Use = "upstream";

    /// <summary>The `nonce` (OpenID Connect Core section 3.1.2.1), which only the browser's secret makes.</summary>
    public string NonceFor(string browser) => PageSecrets.FormToken(browser, "upstream nonce", State);

    /// <summary>The PKCE verifier (RFC 7636 section 4.1), made in the same way.</summary>
    public string VerifierFor(string browser) => PageSecrets.FormToken(browser, "upstream verifier", State);

    /// <summary>What the browser keeps; null when it is too long for that.</summary>
    public string? Write(string browser)
    {
        var body = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, UpstreamJson.Default.UpstreamFlow));
        return body.Length <= TextLengthMax - TokenLength - 1 ? $"{PageSecrets.FormToken(browser, Use, body)}.{body}" : null;
    }

    /// <summary>What a browser has kept; null when it is nothing, or another browser's.</summary>
    public static UpstreamFlow? Read(string? text, string browser)
    {
        if (text is not { Length: > TokenLength + 1 and <= TextLengthMax } || text[TokenLength] != '.' || !PageSecrets.IsFormToken(text[..TokenLength], browser, Use, text[(TokenLength + 1)..]))
        {
            return null;
        }
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length - TokenLength - 1)];
        if (Base64Url.DecodeFromChars(text.AsSpan(TokenLength + 1), bytes, out _, out var length) != OperationStatus.Done)
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(bytes.AsSpan(0, length), UpstreamJson.Default.UpstreamFlow);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Without the state: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(UpstreamFlow)} {{ {Tenant} {Provider} }}";
}

/// <summary>How a flow is written.</summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(UpstreamFlow))]
internal sealed partial class UpstreamJson : JsonSerializerContext;
