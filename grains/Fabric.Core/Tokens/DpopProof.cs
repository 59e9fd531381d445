using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fabric.Core.Common;

namespace Fabric.Core.Tokens;

/// <summary>
/// A proof that the sender of a request holds a key (RFC 9449 section 4.2), signed by the key in its own header. Whoever takes it still has to ask whether it is of this request, was
/// made now, is for this token, and was not used before (section 4.3).
/// </summary>
public sealed class DpopProof
{
    /// <summary>The only algorithm (`algs` of a challenge, section 7.1).</summary>
    public const string Algorithm = "ES256";

    private const string Type = "dpop+jwt";

    private readonly string _method;
    private readonly string _url;
    private readonly string? _tokenHash;

    private DpopProof(string key, string id, string method, string url, Instant madeAt, ForeignJwt jwt)
    {
        (Key, Id, _method, _url, MadeAt) = (key, id, method, url, madeAt);
        (Nonce, _tokenHash) = (jwt.Text("nonce"), jwt.Text("ath"));
    }

    /// <summary>The thumbprint of the key (RFC 7638), as `cnf.jkt` names it.</summary>
    public string Key { get; }

    /// <summary>`jti`: used once under its key.</summary>
    public string Id { get; }

    /// <summary>`iat`.</summary>
    public Instant MadeAt { get; }

    /// <summary>`nonce`; null without one.</summary>
    public string? Nonce { get; }

    /// <summary>
    /// Takes a proof apart and verifies its signature. <see cref="Codes.ProofInvalid"/> when it is no JWT of its type, is not signed by ES256 with the public key in its header, or
    /// lacks a claim.
    /// </summary>
    public static Outcome<DpopProof> Read(string text)
    {
        if (ForeignJwt.TryParse(text, "typ", "jwk") is not { } jwt || ForeignJwt.Text(jwt.Header, "typ") != Type || KeyOf(jwt.Header) is not var (x, y))
        {
            return Invalid("the proof is no JWT of type dpop+jwt, signed by ES256 with the public P-256 key in its header");
        }

        if (!jwt.IsSignedBy(x, y))
        {
            return Invalid("the proof is not signed by the key in its header");
        }

        return jwt.Text("jti") is { Length: > 0 and <= ForeignJwt.JtiLengthMax } id && jwt.Text("htm") is { } method && jwt.Text("htu") is { } url && jwt.Seconds("iat") is { } made
            ? new DpopProof(Thumbprints.Of(x, y), id, method, url, new Instant((long)(made * 1000)), jwt)
            : Invalid("the proof needs jti, htm, htu and iat");
    }

    /// <summary>Whether it is of a request with this method to this absolute URL: compared without query and fragment, normalised (section 4.3 items 8 and 9, RFC 3986 section 6.2).</summary>
    public bool IsOf(string method, string url) =>
        _method == method && Uri.TryCreate(_url, UriKind.Absolute, out var stated) && stated.UserInfo.Length == 0
        && Uri.TryCreate(url, UriKind.Absolute, out var asked) && string.Equals(Normal(stated), Normal(asked), StringComparison.Ordinal);

    /// <summary>Whether it was made for this token (`ath`, section 4.2): the hash of all its characters.</summary>
    public bool IsWith(string token) =>
        _tokenHash is not null && Ascii.IsValid(token) && _tokenHash == Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token)));

    /// <summary>Whether it was made within this time before now, with the skew that clocks are allowed.</summary>
    public bool WasMadeWithin(TimeSpan age, Instant now) => MadeAt <= now + Limits.ClockSkew && MadeAt >= now - age - Limits.ClockSkew;

    // The public key alone (section 4.3 item 7): a header that brings the private one gives it away to whoever reads it.
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

    private static string Normal(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    private static Rejection Invalid(string detail) => new(Codes.ProofInvalid, "DPoP", detail);
}
