using Fabric.Client.Edges;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Microsoft.AspNetCore.Http;

namespace Fabric.Client.AspNetCore;

/// <summary>
/// Takes tokens from requests: `Authorization: Bearer` (RFC 6750 section 2.1), or `Authorization: DPoP` with a proof of this request (RFC 9449 section 7.1). A token that is bound to a
/// key and comes as a bearer token has no proven key, and is denied by the check.
/// </summary>
internal sealed class RequestTokens(EdgeClock clock)
{
    /// <summary>How old a proof may be by its `iat`.</summary>
    public static readonly TimeSpan ProofAgeMax = TimeSpan.FromMinutes(1);

    /// <summary>The header that a proof comes in.</summary>
    public const string ProofHeader = "DPoP";

    private const string Bearer = "Bearer ";
    private const string Dpop = "DPoP ";

    // From the first to the last moment at which a proof of one `iat` is taken.
    private readonly ProofMemory _used = new(ProofAgeMax + (2 * Limits.ClockSkew));

    /// <summary>
    /// The token of a request to this absolute URL. `auth.unauthenticated`: it has none, or more than one; `token.proof_invalid`: its proof is not of this request, not of this token, or
    /// was not made just now. The token itself is not looked at.
    /// </summary>
    public Outcome<PresentedToken> Read(HttpRequest request, string url)
    {
        var header = request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value)
        {
            return new Rejection(Codes.Unauthenticated, "token", "the request has no token, or more than one");
        }

        if (value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return new PresentedToken(value[Bearer.Length..].Trim(), null);
        }

        return value.StartsWith(Dpop, StringComparison.OrdinalIgnoreCase)
            ? ReadProven(request, url, value[Dpop.Length..].Trim())
            : new Rejection(Codes.Unauthenticated, "token", "the request has no token");
    }

    /// <summary>Uses the proof of a token that was admitted up. Null: the request may go on; else the code to deny it with.</summary>
    public string? UseProof(PresentedToken presented, TokenClaims? claims)
    {
        if (presented.Proof is not { } proof)
        {
            return null;
        }

        // Section 7.1: a token that is bound to nothing is a bearer token, whatever scheme it comes under.
        return claims?.ProofKey is null ? Codes.ProofInvalid : _used.Use(proof.Key, proof.Id, clock.SentMs);
    }

    private Outcome<PresentedToken> ReadProven(HttpRequest request, string url, string token)
    {
        var proofs = request.Headers[ProofHeader];
        if (proofs.Count != 1)
        {
            return Invalid("a request has one proof");
        }

        var proof = DpopProof.Read(proofs[0] ?? "");
        if (!proof.IsOk)
        {
            return proof.Rejection;
        }

        return !proof.Value.IsOf(request.Method, url) ? Invalid("the proof is not of this request, by its htm and htu")
            : !proof.Value.IsWith(token) ? Invalid("the proof is not of this token, by its ath")
            : !proof.Value.WasMadeWithin(ProofAgeMax, clock.Read().Now) ? Invalid("the proof was not made just now, by its iat")
            : new PresentedToken(token, proof.Value);
    }

    private static Rejection Invalid(string detail) => new(Codes.ProofInvalid, ProofHeader, detail);
}
