using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;

namespace Fabric.Core.Tests.Index;

/// <summary>Handles and records for index tests.</summary>
internal static class IndexFixture
{
    public static readonly UInt128 Seed = new(0x0123456789ABCDEF, 0xFEDCBA9876543210);

    public static Handle HandleAt(Random random) => new((ulong)random.NextInt64(), (ulong)random.NextInt64());

    /// <summary>Handles that all stand in one shard under <see cref="Seed"/>, so that few of them fill groups and leave tombstones.</summary>
    public static Handle[] OneShard(int count)
    {
        var hash = new HandleHash(Seed);
        var found = new List<Handle>(count);
        for (ulong i = 1; found.Count < count; i++)
        {
            if (hash.Of(new Handle(i, ~i)) >> 53 == 77)
            {
                found.Add(new Handle(i, ~i));
            }
        }

        return [.. found];
    }

    public static IndexRecord Revoked(Handle handle, long dropAfterMs = 1_000_000) =>
        new(handle, NodeKind.Credential, IndexRecord.Terminal, default, new Instant(dropAfterMs));

    public static IndexRecord Floor(Handle handle, uint minGeneration, long dropAfterMs = 1_000_000) =>
        new(handle, NodeKind.User, minGeneration, default, new Instant(dropAfterMs));

    public static IndexRecord Locked(Handle handle, long untilMs, long dropAfterMs = 1_000_000) =>
        new(handle, NodeKind.Agent, 0, new Instant(untilMs), new Instant(dropAfterMs));

    /// <summary>One sweep that looks at everything.</summary>
    public static int SweepAll(this RevocationIndex index, Instant now) => index.Sweep(now, 64 * 1024 * 1024 / 16);

    public static List<IndexRecord> Snapshot(this RevocationIndex index)
    {
        var records = new List<IndexRecord>();
        for (var shard = 0; shard < index.ShardCount; shard++)
        {
            index.CopyShard(shard, records);
        }

        return records;
    }
}
