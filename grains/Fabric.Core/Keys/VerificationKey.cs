using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Core.Keys;

/// <summary>
/// A tenant's public ES256 key as the feed carries it. <paramref name="X"/> and <paramref name="Y"/>: the P-256 point, 32 bytes each, big-endian.
/// Verifies nothing after <paramref name="RetireAfter"/> (rotation overlap; <see cref="Instant.Never"/> while it signs; the epoch when it is revoked).
/// </summary>
public sealed record VerificationKey(string Kid, string Tenant, Handle TenantHandle, ReadOnlyMemory<byte> X, ReadOnlyMemory<byte> Y, Instant RetireAfter)
{
    /// <summary>Whether nothing that it ever signed is good.</summary>
    public bool IsRevoked => RetireAfter == default;

    /// <summary>The key, revoked.</summary>
    public VerificationKey Revoked() => this with { RetireAfter = default };
}
