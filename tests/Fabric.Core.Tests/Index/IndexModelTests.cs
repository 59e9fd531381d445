using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using FsCheck;
using FsCheck.Fluent;
using static Fabric.Core.Tests.Index.IndexFixture;

namespace Fabric.Core.Tests.Index;

/// <summary>The index against a dictionary, over random records, sweeps and clocks. FsCheck prints the seed of a failure.</summary>
public sealed class IndexModelTests
{
    private static readonly Handle[] Handles = [.. OneShard(150), new Handle(0, 0), new Handle(ulong.MaxValue, ulong.MaxValue)];

    private static readonly Gen<Step> Steps =
        from op in Gen.Choose(0, 39)
        from handle in Gen.Choose(0, Handles.Length - 1)
        from floor in Gen.Elements(0U, 1U, 2U, 70_000U, IndexRecord.Terminal)
        from lockFor in Gen.Elements(-1, 0, 1, 30, 4_000)
        from dropIn in Gen.Choose(-20, 400)
        from slots in Gen.Elements(16, 64, 40_000)
        select new Step(op, handle, floor, lockFor, dropIn, slots);

    [Fact]
    [Trait("Invariant", "R4")]
    [Trait("Invariant", "R5")]
    public void The_index_answers_as_a_dictionary_does()
    {
        var property = Prop.ForAll(Steps.ArrayOf(1_500).ToArbitrary(), Run);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), property);
    }

    private static bool Run(Step[] steps)
    {
        var index = new RevocationIndex(Seed);
        var model = new Dictionary<Handle, IndexRecord>();
        var now = new Instant(1_000);
        ulong revision = 0;
        foreach (var step in steps)
        {
            switch (step.Op)
            {
                case 0:
                    now += TimeSpan.FromMilliseconds(step.Handle);
                    break;
                case 1:
                    Sweep(index, model, now, step.Slots);
                    break;
                default:
                    var record = step.ToRecord(now);
                    index.Apply(record, ++revision);
                    model[record.Handle] = model.TryGetValue(record.Handle, out var old) ? Merge(old, record) : record;
                    break;
            }

            Compare(index, model, step.Handle, now);
        }

        Assert.Equal(model.Values.OrderBy(r => r.Handle.High), index.Snapshot().OrderBy(r => r.Handle.High));
        Assert.InRange(index.LongestSearch(), 0, 12);
        return true;
    }

    private static IndexRecord Merge(IndexRecord old, IndexRecord record) => record with
    {
        MinGeneration = Math.Max(old.MinGeneration, record.MinGeneration),
        DropAfter = Instant.Max(old.DropAfter, record.DropAfter),
    };

    // A sweep may leave what has expired; it may not take anything else. What it took, the model forgets.
    private static void Sweep(RevocationIndex index, Dictionary<Handle, IndexRecord> model, Instant now, int slots)
    {
        var dropped = index.Sweep(now, slots);
        foreach (var (handle, record) in model)
        {
            if (!index.TryGet(handle, out _))
            {
                Assert.True(record.DropAfter < now && record.LockedUntil <= now, $"dropped too early: {record} at {now}");
                model.Remove(handle);
                dropped--;
            }
        }

        Assert.Equal(0, dropped);
        Assert.True(slots < 40_000 || model.Values.All(r => r.DropAfter >= now || r.LockedUntil > now), "a whole round leaves nothing expired");
    }

    private static void Compare(RevocationIndex index, Dictionary<Handle, IndexRecord> model, int at, Instant now)
    {
        Assert.Equal(model.Count, index.Count);
        var handle = Handles[at];
        var known = model.TryGetValue(handle, out var expected);
        Assert.Equal(known, index.TryGet(handle, out var found));
        Assert.Equal(expected, found);

        var verdict = index.CheckLineage([new LineageNode(NodeKind.User, handle, 1)], now);
        Assert.Equal(expected.MinGeneration > 1 || expected.LockedUntil > now, verdict.Dead);
        Assert.Equal(verdict.Dead && expected.MinGeneration <= 1, verdict.Locked);
    }

    private sealed record Step(int Op, int Handle, uint Floor, int LockForMs, int DropInMs, int Slots)
    {
        public IndexRecord ToRecord(Instant now) => new(
            Handles[Handle],
            NodeKind.User,
            Floor,
            LockForMs < 0 ? default : now + TimeSpan.FromMilliseconds(LockForMs),
            now + TimeSpan.FromMilliseconds(DropInMs));
    }
}
