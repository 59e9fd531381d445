using Fabric.Core.Tokens;

namespace Fabric.Client.AspNetCore;

/// <summary>The token of a request, with the proof that came along; null: it was presented as a bearer token.</summary>
internal sealed record PresentedToken(string Token, DpopProof? Proof)
{
    /// <summary>Without the token: a log is no place for it.</summary>
    public override string ToString() => Proof is null ? "Bearer" : "DPoP";
}
