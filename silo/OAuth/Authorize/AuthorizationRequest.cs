using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Silo.OAuth.Interaction;

namespace Fabric.Silo.OAuth.Authorize;

/// <summary>Where an answer may go: the redirect URI of a client, both verified, and the client's own `state`.</summary>
internal sealed record AuthorizationTarget(string RedirectUri, string? State);

/// <summary>
/// An authorization request (RFC 6749 section 4.1.1) that is whole. <paramref name="Scopes"/>: what would be granted, with the constraints of the agent's ceiling; <paramref name="DpopKey"/>:
/// the key that the code is to be bound to (RFC 9449 section 10). <paramref name="Document"/>: the URL by which the client names itself; null: it names itself by its id. <paramref name="IsPublic"/>: it is
/// a client that proves itself by nothing.
/// </summary>
internal sealed record AuthorizationRequest(
    AgentInfo Client, AuthorizationTarget Target, string Challenge, GrantRequest Asked, IReadOnlyList<ScopeDto> Scopes, string Purpose, long LifetimeSeconds, bool IsApprovalRequired,
    bool IsSilent, string? DpopKey, string? Document = null, bool IsPublic = false);

/// <summary>
/// What reading a request came to: the request, or an error, which is told to the client only with a <paramref name="Target"/> (RFC 6749 section 4.1.2.1). <paramref name="Pushed"/>: what it was
/// pushed as.
/// </summary>
internal sealed record AuthorizationReading(AuthorizationRequest? Request, AuthorizationTarget? Target, Rejection? Error, Held<PushedRequest>? Pushed = null)
{
    public static AuthorizationReading Failed(Rejection error, AuthorizationTarget? target = null) => new(null, target, error);
}

/// <summary>
/// A pushed request (RFC 9126): whose, its parameters as a query, and the browser that has begun with it (a hash of its secret); a second one may not. <paramref name="IsPublic"/>: it was pushed by a client that
/// proved itself by nothing.
/// </summary>
internal sealed record PushedRequest(string Client, string Query, string? Browser = null, bool IsPublic = false)
{
    /// <summary>Without the parameters.</summary>
    public override string ToString() => $"{nameof(PushedRequest)} {{ {Client} }}";
}

/// <summary>
/// What a code stands for: all that the user has said yes to, for whom, under which generations, and what that user had proven itself by. <paramref name="IsUsed"/>: it was shown once; then the session that it gave, once there is one.
/// <paramref name="IsReplayed"/>: it was shown again, so that session must not be. <paramref name="IsPublic"/>: the client proved itself by nothing when the user was asked, and does so when it shows the code.
/// </summary>
internal sealed record AuthorizationCode(
    string Client, string RedirectUri, string Challenge, string? DpopKey, string User, string Generations, uint AgentGeneration, IReadOnlyList<ScopeDto> Scopes, bool IsByDetails,
    string? Audience, string Purpose, long LifetimeSeconds, LoginProof? Proof, bool IsUsed = false, bool IsReplayed = false, string? Session = null, bool IsPublic = false);
