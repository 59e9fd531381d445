using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Core.Sessions;

/// <summary>
/// The credential that a part of a session is handed over by, rather than by the session itself: a bearer of the credential has no more than it. Its scopes carry its counters.
/// </summary>
public sealed record HandedBy(UInt128 Credential, ScopeSet Scopes, Instant ExpiresAt);
