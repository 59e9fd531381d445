using Fabric.Core.Lineages;

namespace Fabric.Core.Index;

/// <summary>
/// The index's seeded hash: two folded 64 x 64 bit products, so that every bit of handle and seed reaches shard, group and tag. Who does
/// not know the seed cannot choose handles that meet.
/// </summary>
internal readonly struct HandleHash(UInt128 seed)
{
    private readonly ulong _high = (ulong)(seed >> 64) ^ 0xA0761D6478BD642F;
    private readonly ulong _low = (ulong)seed ^ 0xE7037ED1A0B428DB;

    /// <summary>The hash of a handle.</summary>
    public ulong Of(Handle handle)
    {
        var high = Math.BigMul(handle.High ^ _high, handle.Low ^ _low, out var low);
        high = Math.BigMul(high ^ low ^ _low, 0x9E3779B97F4A7C15, out low);
        return high ^ low;
    }
}
