using Fabric.Contracts.Common;

namespace Fabric.Silo.OAuth;

/// <summary>
/// What a grant came to: the session, and what its token is to say. <paramref name="Scopes"/> null: all of the session's; <paramref name="User"/>: who said yes, then there is a refresh token.
/// </summary>
internal sealed record Granted(string Session, IReadOnlyList<ScopeDto>? Scopes, string? Audience, string? User = null);
