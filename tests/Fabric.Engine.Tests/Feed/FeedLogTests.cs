using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Engine.Feed;

namespace Fabric.Engine.Tests.Feed;

public sealed class FeedLogTests
{
    [Fact]
    [Trait("Invariant", "R3")]
    public void Readers_at_any_pace_see_every_record_once_in_order()
    {
        const int Seed = 11;
        var random = new Random(Seed);
        var log = new FeedLog(100, 1_000_000);
        var written = new List<ulong>();
        var readers = Enumerable.Range(0, 3).Select(_ => new Reader(log.TryFind(100)!.Value)).ToArray();
        for (var round = 0; round < 2_000; round++)
        {
            if (random.Next(10) == 0)
            {
                written.Add(0);
                log.Append(Key("k"));
            }
            else
            {
                var records = Records(written.Count, random.Next(100) == 0 ? 20_000 : random.Next(1, 20));
                written.AddRange(records.Select(record => record.Handle.High));
                log.Append(records);
            }

            Assert.Equal(100 + (ulong)written.Count, log.Head);
            foreach (var reader in readers.Where(_ => random.Next(5) == 0))
            {
                reader.ReadAll(log);
            }
        }

        foreach (var reader in readers)
        {
            reader.ReadAll(log);
            Assert.Equal(written, reader.Seen);
            Assert.Equal(log.Head, reader.Cursor.Revision);
        }
    }

    [Fact]
    public void Readers_at_a_segments_start_are_sent_the_same_bytes()
    {
        var log = new FeedLog(0, 1_000_000);
        log.Append(Records(0, 100_000));
        var (a, b) = (log.TryFind(0)!.Value, log.TryFind(0)!.Value);
        for (var frames = 0; frames < 20; frames++)
        {
            Assert.True(log.TryTake(ref a, out var first, out _));
            Assert.True(log.TryTake(ref b, out var second, out _));
            Assert.True(first.IsFrame);
            Assert.True(first.Bytes.Equals(second.Bytes));
        }
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public void A_reader_resumes_where_frames_end_and_finds_a_gap_outside_of_what_is_kept()
    {
        var log = new FeedLog(0, 5_000);
        var ends = new List<ulong>();
        for (var i = 0; i < 3_000; i++)
        {
            log.Append(Records(i * 5, 5));
            ends.Add(log.Head);
        }

        Assert.InRange(log.Head - log.Tail, 5_000ul, 5_000ul + 4_096ul);
        Assert.Null(log.TryFind(log.Head + 1));
        foreach (var end in ends)
        {
            if (end < log.Tail)
            {
                Assert.Null(log.TryFind(end));
                continue;
            }

            var reader = new Reader(log.TryFind(end)!.Value);
            reader.ReadAll(log);
            Assert.Equal((int)(log.Head - end), reader.Seen.Count);
        }

        // In the middle of a run of five: no subscriber stops there.
        Assert.Null(log.TryFind(log.Head - 2));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public void A_reader_that_is_overtaken_is_told_of_the_gap()
    {
        var log = new FeedLog(0, 1_000);
        log.Append(Records(0, 10));
        var slow = log.TryFind(0)!.Value;
        log.Append(Records(10, 50_000));

        Assert.False(log.TryTake(ref slow, out _, out var gap));
        Assert.True(gap);
    }

    [Fact]
    public void A_reader_at_the_end_of_a_dropped_segment_goes_on_in_the_next()
    {
        var log = new FeedLog(0, 4_000);
        log.Append(Records(0, 10));
        var cursor = log.TryFind(0)!.Value;
        Assert.True(log.TryTake(ref cursor, out _, out _));
        Assert.False(log.TryTake(ref cursor, out _, out _));

        // The key closes the segment that the cursor stands in; records then push that segment out, and nothing more.
        log.Append(Key("k"));
        log.Append(Records(10, 3_999));
        Assert.Equal(10ul, log.Tail);

        Assert.True(log.TryTake(ref cursor, out var slice, out var gap));
        Assert.False(gap);
        Assert.Equal("k", slice.Key?.Kid);
        Assert.Equal(11ul, slice.To);
    }

    private static IndexRecord[] Records(int from, int count)
    {
        var records = new IndexRecord[count];
        for (var i = 0; i < count; i++)
        {
            records[i] = new IndexRecord(
                new Handle((ulong)(from + i + 1), 1), NodeKind.Credential, IndexRecord.Terminal, default, new Instant(1_000));
        }

        return records;
    }

    private static VerificationKey Key(string kid) => new(kid, "t", new Handle(1, 1), new byte[32], new byte[32], Instant.Never);

    /// <summary>Reads as a subscriber does: whole frames, checking that each begins where the one before ended.</summary>
    private sealed class Reader(FeedCursor cursor)
    {
        private readonly FrameBuffer _scratch = new();
        private ulong _applied = cursor.Revision;

        public FeedCursor Cursor = cursor;

        public List<ulong> Seen { get; } = [];

        public void ReadAll(FeedLog log)
        {
            while (log.TryTake(ref Cursor, out var slice, out var gap))
            {
                Assert.False(gap);
                var frame = slice.Frame(_scratch).Span;
                if (slice.Key is not null)
                {
                    var key = KeyFrame.TryRead(frame[1..])!;
                    Assert.Equal(_applied + 1, key.Revision);
                    Seen.Add(0);
                    _applied++;
                    continue;
                }

                var read = new FrameReader(frame[1..]);
                Assert.Equal(_applied, read.U64());
                var runs = read.Rest;
                var records = new IndexRecord[RecordRuns.Count(runs)];
                var at = default(RunCursor);
                Assert.Equal(records.Length, RecordRuns.Read(runs, ref at, records));
                Seen.AddRange(records.Select(record => record.Handle.High));
                _applied += (ulong)records.Length;
                Assert.Equal(slice.To, _applied);
            }
        }
    }
}
