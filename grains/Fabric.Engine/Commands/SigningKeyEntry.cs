using Fabric.Core.Common;
using Fabric.Core.Keys;
using Fabric.Core.Tokens;

namespace Fabric.Engine.Commands;

/// <summary>A tenant's signing key in memory. The signer exists only while the key signs.</summary>
internal sealed class SigningKeyEntry(VerificationKey key, ReadOnlyMemory<byte> sealedPrivate)
{
    internal VerificationKey Key { get; private set; } = key;
    internal ReadOnlyMemory<byte> SealedPrivate { get; } = sealedPrivate;
    internal TokenSigner? Signer { get; set; }

    /// <summary>When it is forgotten: nothing that it signed can be unexpired.</summary>
    internal Instant DropAfter { get; private set; } = Instant.Never;

    /// <summary>Whether it was neither retired nor revoked.</summary>
    internal bool Signs => DropAfter == Instant.Never;

    internal void Retire(Instant after) => (Key, Signer, DropAfter) = (Key with { RetireAfter = Instant.Min(after, Key.RetireAfter) }, null, after);

    internal void Revoke(Instant dropAfter) => (Key, Signer, DropAfter) = (Key.Revoked(), null, dropAfter);
}
