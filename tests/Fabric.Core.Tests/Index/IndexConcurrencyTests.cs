using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using static Fabric.Core.Tests.Index.IndexFixture;

namespace Fabric.Core.Tests.Index;

/// <summary>One writer and readers at once. The writer's work is fixed, and readers stop when it is done.</summary>
public sealed class IndexConcurrencyTests
{
    private static readonly Instant Now = new(10_000);
    private static readonly Handle[] Handles = OneShard(400);

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_reader_never_sees_half_a_record_and_never_misses_one_while_the_table_changes()
    {
        var index = new RevocationIndex(Seed);
        var kept = Handles[0];
        index.Apply(Stamped(kept, 1), 1);
        ReadWhile(
            () =>
            {
                // The table grows, is swept, and shrinks around the one record that stays.
                for (uint round = 1; round <= 300; round++)
                {
                    foreach (var handle in Handles)
                    {
                        index.Apply(Stamped(handle, round), round);
                    }

                    index.Apply(Stamped(kept, round + 1), round);
                    index.SweepAll(new Instant((round * 13) + 1));
                }
            },
            random =>
            {
                Assert.True(index.TryGet(kept, out var record));
                Assert.Equal(Stamped(kept, record.MinGeneration), record);
                if (index.TryGet(Handles[random.Next(Handles.Length)], out var other))
                {
                    Assert.Equal(Stamped(other.Handle, other.MinGeneration), other);
                }
            });
        Assert.True(index.TryGet(kept, out _));
        Assert.Equal(1, index.Count);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_reader_never_sees_half_an_update()
    {
        var index = new RevocationIndex(Seed);
        var handle = Handles[0];
        index.Apply(Stamped(handle, 1), 1);
        ReadWhile(
            () =>
            {
                for (uint stamp = 1; stamp <= 3_000_000; stamp++)
                {
                    index.Apply(Stamped(handle, stamp), stamp);
                }
            },
            _ =>
            {
                Assert.True(index.TryGet(handle, out var record));
                if (record.LockedUntil.UnixMs != record.MinGeneration * 7L || record.DropAfter.UnixMs != record.MinGeneration * 13L)
                {
                    Assert.Equal(Stamped(handle, record.MinGeneration), record);
                }
            });
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_lineage_of_which_one_node_is_always_locked_is_never_alive()
    {
        var index = new RevocationIndex(Seed);
        var (a, b) = (new Handle(1, 1), new Handle(2, 2));
        LineageNode[] nodes = [new(NodeKind.User, a, 1), new(NodeKind.Agent, b, 1)];
        index.Apply(Locked(a, 99_999), 1);
        ReadWhile(
            () =>
            {
                for (var i = 0; i < 100_000; i++)
                {
                    index.Apply(Locked(b, 99_999), 1);
                    index.Apply(Locked(a, 0), 1);
                    index.Apply(Locked(a, 99_999), 1);
                    index.Apply(Locked(b, 0), 1);
                }
            },
            _ => Assert.True(index.CheckLineage(nodes, Now).Dead));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void Whoever_reads_a_revision_finds_all_of_it_and_no_verdict_outlives_its_version()
    {
        var index = new RevocationIndex(Seed);
        var handles = Enumerable.Range(0, 50_000).Select(i => new Handle((ulong)i, 5)).ToArray();
        ReadWhile(
            () =>
            {
                for (var i = 0; i < handles.Length; i++)
                {
                    index.Apply(Revoked(handles[i]), (ulong)i + 1);
                }
            },
            random =>
            {
                var at = (int)Math.Min((ulong)handles.Length, index.Revision + 1) - random.Next(2);
                if (at == 0 || at > handles.Length)
                {
                    return;
                }

                var revision = index.Revision;
                var verdict = index.CheckLineage([new LineageNode(NodeKind.Credential, handles[at - 1], 1)], Now);
                Assert.True(verdict.Dead || revision < (ulong)at, "applied before the lookup began");
                if (!verdict.Dead && index.Revision >= (ulong)at)
                {
                    Assert.False(verdict.Holds(index.Version, Now));
                }
            });
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public void A_snapshot_taken_while_records_come_and_the_feed_from_its_revision_give_everything()
    {
        var log = Log(new Random(31), 120_000);
        var index = new RevocationIndex(Seed);
        var snapshots = new System.Collections.Concurrent.ConcurrentBag<(ulong Revision, List<IndexRecord> Records)>();
        ReadWhile(
            () =>
            {
                for (var i = 0; i < log.Length; i++)
                {
                    index.Apply(log[i], (ulong)i + 1);
                }
            },
            _ =>
            {
                if (snapshots.Count < 12)
                {
                    var revision = index.Revision;
                    snapshots.Add((revision, index.Snapshot()));
                }
            });

        var expected = index.Snapshot().ToHashSet();
        Assert.NotEmpty(snapshots);
        foreach (var (revision, records) in snapshots)
        {
            var copy = new RevocationIndex(Seed + 1);
            copy.ApplyBatch(records.ToArray(), revision);
            copy.ApplyBatch(log.AsSpan((int)revision), (ulong)log.Length);
            Assert.Equal(index.Count, copy.Count);
            Assert.Superset(expected, copy.Snapshot().ToHashSet());
        }
    }

    private static IndexRecord[] Log(Random random, int length)
    {
        var log = new IndexRecord[length];
        for (var i = 0; i < length; i++)
        {
            var handle = new Handle((ulong)random.Next(length / 2), 1);
            log[i] = new IndexRecord(handle, NodeKind.User, (uint)random.Next(3), new Instant(random.Next(2) * 90_000), new Instant(random.Next()));
        }

        return log;
    }

    // All fields follow from the stamp, so that fields of two moments show.
    private static IndexRecord Stamped(Handle handle, uint stamp) =>
        new(handle, NodeKind.Session, stamp, new Instant(stamp * 7L), new Instant(stamp * 13L));

    private static void ReadWhile(Action write, Action<Random> read)
    {
        var written = false;
        Exception? failure = null;
        var readers = Enumerable.Range(0, 3).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            try
            {
                do
                {
                    read(random);
                }
                while (!Volatile.Read(ref written));
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
            }
        })).ToArray();
        Array.ForEach(readers, r => r.Start());
        try
        {
            write();
        }
        finally
        {
            Volatile.Write(ref written, true);
            Array.ForEach(readers, r => r.Join());
        }

        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }
}
