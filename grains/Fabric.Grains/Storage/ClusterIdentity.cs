using System.Security.Cryptography;
using Fabric.Core.Lineages;

namespace Fabric.Grains.Storage;

/// <summary>What all silos of a cluster have in common and nobody may lose: the feed's epoch, the handles' salt, and which master key it is sealed under.</summary>
internal sealed record ClusterIdentity(ulong Epoch, ReadOnlyMemory<byte> Salt)
{
    /// <summary>Reads it, or makes it with the first silo. Throws <see cref="SchemaException"/> when the master key is another one.</summary>
    internal static async Task<ClusterIdentity> OpenAsync(IClusterStore store, KeySealer sealer, CancellationToken cancellation)
    {
        var epoch = await store.KeepAsync("epoch", RandomNumberGenerator.GetBytes(8), cancellation).ConfigureAwait(false);
        var salt = await store.KeepAsync("salt", RandomNumberGenerator.GetBytes(HandleSpace.SaltSize), cancellation).ConfigureAwait(false);
        var check = await store.KeepAsync("master-key-check", sealer.CheckValue, cancellation).ConfigureAwait(false);
        if (!sealer.Matches(check))
        {
            throw new SchemaException("the master key is not the one that this cluster's keys are sealed under: give the right key back, the data is intact");
        }

        return new ClusterIdentity(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(epoch) | 1, salt);
    }
}
