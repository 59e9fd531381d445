using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Embedded.Engine;

/// <summary>An API key in memory; of its secret only the SHA-256.</summary>
internal sealed class ApiKeyEntry(string id, Caller caller, Instant createdAt, Instant expiresAt, ReadOnlyMemory<byte> secretHash)
{
    internal string Id { get; } = id;
    internal Caller Caller { get; private set; } = caller;
    internal Instant CreatedAt { get; } = createdAt;
    internal Instant ExpiresAt { get; } = expiresAt;
    internal ReadOnlyMemory<byte> SecretHash { get; } = secretHash;
    internal Instant? RevokedAt { get; set; }

    internal void Grant(TimeSpan bestEffort) => Caller = Caller with { BestEffort = bestEffort };
}
