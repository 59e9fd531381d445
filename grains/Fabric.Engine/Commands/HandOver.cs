using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Sessions;

namespace Fabric.Engine.Commands;

/// <summary>What a token that is handed over gives.</summary>
internal static class HandOver
{
    /// <summary>The credential, when it stands and is one of this session.</summary>
    internal static Outcome<HandedBy?> Of(TokenStanding standing, string session) =>
        standing is not { Code: null, Claims: { } claims } ? new Rejection(standing.Code!, "token", "the token does not stand")
        : Names.ParseId(session) != claims.SessionId ? new Rejection(Codes.InvalidField, "token", "the token is of another session")
        : Outcome<HandedBy?>.Of(new HandedBy(claims.CredentialId, claims.Scopes, claims.ExpiresAt));
}
