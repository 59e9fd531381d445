using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Engine;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Proofs that a client holds a key (RFC 9449 section 4.3): of one request, made a moment ago with a nonce of ours, used once. What is issued is then bound to the key.
/// </summary>
internal sealed class DpopProofs(IFabricEngine engine, DpopNonces nonces, TimeProvider time)
{
    /// <summary>The header that a proof comes in.</summary>
    public const string Header = "DPoP";

    private const string NonceHeader = "DPoP-Nonce";

    /// <summary>How old a proof may be: a nonce does not hold for longer.</summary>
    private static readonly TimeSpan AgeMax = DpopNonces.Window * 2;

    /// <summary>
    /// The thumbprint of the key that the request proves; null: it has no proof. <paramref name="owner"/>: the client, which has authenticated; <paramref name="target"/>: the
    /// endpoint's URL. A nonce for the next proof goes into the answer.
    /// </summary>
    public async ValueTask<Outcome<string?>> ProvenKeyAsync(HttpContext context, string owner, string target)
    {
        var header = context.Request.Headers[Header];
        if (header.Count == 0)
        {
            return Outcome<string?>.Of(null);
        }
        var now = Instant.From(time.GetUtcNow());
        context.Response.Headers[NonceHeader] = nonces.Current(now);
        if (header.Count > 1)
        {
            return Invalid("a request has one proof");
        }
        if (ForeignJwt.TryParse(header[0] ?? "", "typ", "jwk") is not { } jwt || ForeignJwt.Text(jwt.Header, "typ") != "dpop+jwt" || KeyOf(jwt.Header) is not var (x, y))
        {
            return Invalid("the proof is no JWT of type dpop+jwt, signed by ES256 with the public P-256 key in its header");
        }
        if (!jwt.IsSignedBy(x, y))
        {
            return Invalid("the proof is not signed by the key in its header");
        }
        if (jwt.Text("jti") is not { Length: > 0 and <= ForeignJwt.JtiLengthMax } id || jwt.Text("htm") != context.Request.Method || !IsSame(jwt.Text("htu"), target)
            || jwt.Seconds("iat") is not { } made)
        {
            return Invalid("the proof is not of this request: it needs jti, htm, htu and iat");
        }
        if (jwt.Text("nonce") is not { } nonce || !nonces.IsValid(nonce, now))
        {
            return new Rejection(OAuthErrors.UseNonce, Header, "the proof needs the nonce that this answer brings in its header DPoP-Nonce");
        }
        var madeAt = new Instant((long)(made * 1000));
        if (madeAt > now + Limits.ClockSkew || madeAt < now - AgeMax - Limits.ClockSkew)
        {
            return Invalid("the proof was not made just now, by its iat");
        }

        // The nonce says that it was made after the start, so this memory knows of every use.
        var key = Thumbprints.Of(x, y);
        var used = await engine.UseOnceAsync(new SingleUse(owner, UseNames.Of("proof", key, id), Instant.Never, now + AgeMax), context.RequestAborted);
        return used is null ? key : used.Code == Codes.Replayed ? Invalid("the proof was used before") : used;
    }

    // The public key alone (RFC 9449 section 4.3 item 7): a header that brings the private one gives it away to whoever reads it.
    private static (byte[] X, byte[] Y)? KeyOf(JsonElement header)
    {
        if (!header.TryGetProperty("jwk", out var jwk) || jwk.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        foreach (var member in jwk.EnumerateObject())
        {
            if (member.Name is not ("kty" or "crv" or "x" or "y" or "kid" or "alg" or "use" or "ext" or "key_ops"))
            {
                return null;
            }
        }
        return ForeignJwt.Text(jwk, "kty") == "EC" && ForeignJwt.Text(jwk, "crv") == "P-256" && ForeignJwt.Coordinate(ForeignJwt.Text(jwk, "x")) is { } x
            && ForeignJwt.Coordinate(ForeignJwt.Text(jwk, "y")) is { } y ? (x, y) : null;
    }

    // Without query and fragment, after normalisation (RFC 9449 section 4.3 item 9, RFC 3986 section 6.2).
    private static bool IsSame(string? stated, string target) =>
        Uri.TryCreate(stated, UriKind.Absolute, out var url) && url.UserInfo.Length == 0
        && string.Equals(Normal(url), Normal(new Uri(target)), StringComparison.Ordinal);

    private static string Normal(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    private static Rejection Invalid(string detail) => new(OAuthErrors.InvalidProof, Header, detail);
}
