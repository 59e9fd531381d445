using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using static Fabric.Core.Tests.Index.IndexFixture;

namespace Fabric.Core.Tests.Index;

[Trait("Invariant", "R4")]
public sealed class IndexSweepTests
{
    private readonly RevocationIndex _index = new(Seed);

    [Fact]
    public void A_record_is_dropped_after_its_moment_and_not_at_it()
    {
        var handle = new Handle(1, 2);
        _index.Apply(Revoked(handle, dropAfterMs: 5_000), 1);

        Assert.Equal(0, _index.SweepAll(new Instant(5_000)));
        Assert.True(_index.TryGet(handle, out _));
        Assert.Equal(1, _index.SweepAll(new Instant(5_001)));
        Assert.False(_index.TryGet(handle, out _));
        Assert.Equal(0, _index.Count);
    }

    [Fact]
    public void A_lock_that_is_on_keeps_its_record_past_the_drop_moment()
    {
        var handle = new Handle(1, 2);
        _index.Apply(Locked(handle, untilMs: 9_000, dropAfterMs: 5_000), 1);

        Assert.Equal(0, _index.SweepAll(new Instant(8_999)));
        Assert.Equal(1, _index.SweepAll(new Instant(9_000)));
    }

    [Fact]
    public void A_later_record_moves_the_drop_moment_out()
    {
        var handle = new Handle(1, 2);
        _index.Apply(Revoked(handle, dropAfterMs: 5_000), 1);
        _index.Apply(Revoked(handle, dropAfterMs: 8_000), 2);

        Assert.Equal(0, _index.SweepAll(new Instant(8_000)));
        Assert.Equal(1, _index.SweepAll(new Instant(8_001)));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void A_sweep_does_a_bounded_part_and_the_next_goes_on_from_there()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            _index.Apply(Revoked(HandleAt(random), dropAfterMs: 1 + (i % 2 * 1_000_000)), 1);
        }

        var dropped = 0;
        var calls = 0;
        while (dropped < 10_000)
        {
            var now = _index.Sweep(new Instant(500), 256);
            Assert.InRange(now, 0, 256);
            dropped += now;
            Assert.InRange(++calls, 1, 1_000);
        }

        Assert.Equal(10_000, _index.Count);
        Assert.All(_index.Snapshot(), r => Assert.Equal(1_000_001, r.DropAfter.UnixMs));
    }

    [Fact]
    public void Memory_comes_back_when_records_go()
    {
        var empty = _index.Bytes;
        var random = new Random(12);
        for (var i = 0; i < 200_000; i++)
        {
            _index.Apply(Revoked(HandleAt(random), dropAfterMs: i < 10_000 ? 900 : 100), 1);
        }

        var full = _index.Bytes;
        Assert.Equal(190_000, _index.SweepAll(new Instant(500)));
        Assert.InRange(_index.Bytes, empty, full / 5);
        Assert.Equal(10_000, _index.SweepAll(new Instant(1_000)));
        Assert.Equal(empty, _index.Bytes);
    }
}
