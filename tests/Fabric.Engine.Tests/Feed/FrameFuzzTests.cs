using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Engine.Tests.Feed;

public sealed class FrameFuzzTests
{
    [Fact]
    public void Every_cut_of_every_frame_is_malformed_and_throws_nothing()
    {
        foreach (var frame in Frames())
        {
            for (var length = 1; length < frame.Length; length++)
            {
                // A usage report has no length of its own: its JSON parser finds the cut. A guarded tenant may be left out of a welcome.
                var whole = TryRead(frame.AsSpan(0, length));
                var free = (FrameType)frame[0] == FrameType.Usage && length > 5;
                var tenantLeftOut = (FrameType)frame[0] == FrameType.Welcome && length == frame.Length - Handle.Size;
                Assert.Equal(free || tenantLeftOut, whole);
            }

            Assert.True(TryRead(frame));
            if ((FrameType)frame[0] is not FrameType.Usage)
            {
                Assert.False(TryRead([.. frame, 0]));
            }
        }
    }

    [Fact]
    public void Random_bytes_and_random_changes_throw_nothing()
    {
        const int Seed = 20261122;
        var random = new Random(Seed);
        var frames = Frames().ToArray();
        for (var round = 0; round < 200_000; round++)
        {
            byte[] bytes;
            if (round % 2 == 0)
            {
                bytes = new byte[1 + random.Next(120)];
                random.NextBytes(bytes);
                bytes[0] = frames[random.Next(frames.Length)][0];
            }
            else
            {
                bytes = [.. frames[random.Next(frames.Length)]];
                bytes[random.Next(1, bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            // What counts is that nothing is thrown; most are refused.
            TryRead(bytes);
        }
    }

    [Fact]
    public void Runs_come_back_as_they_were_whatever_the_room_and_the_slices()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        for (var round = 0; round < 300; round++)
        {
            var records = RandomRecords(random, random.Next(1, 400));
            var left = records.AsSpan();
            var bytes = new byte[RecordRuns.HeadSize + Handle.Size + random.Next(5000)];
            var back = new List<IndexRecord>();
            while (!left.IsEmpty)
            {
                var written = RecordRuns.Write(bytes, left, out var length);
                Assert.True(written > 0, $"seed {Seed}, round {round}");
                var runs = bytes.AsSpan(0, length);
                Assert.Equal(written, RecordRuns.Count(runs));
                ReadAll(runs, back, random);
                left = left[written..];
            }

            Assert.Equal(records, back);
        }
    }

    [Fact]
    public void A_run_begins_where_the_records_before_it_end()
    {
        var random = new Random(3);
        var records = RandomRecords(random, 200);
        var bytes = new byte[64 * 1024];
        Assert.Equal(200, RecordRuns.Write(bytes, records, out var length));
        var runs = bytes.AsSpan(0, length);
        var found = 0;
        for (var skip = 0; skip <= 200; skip++)
        {
            var offset = RecordRuns.OffsetOf(runs, skip);
            if (offset >= 0)
            {
                Assert.Equal(200 - skip, RecordRuns.Count(runs[offset..]));
                found++;
            }
        }

        Assert.InRange(found, 2, 201);
    }

    private static void ReadAll(ReadOnlySpan<byte> runs, List<IndexRecord> to, Random random)
    {
        var cursor = default(RunCursor);
        var slice = new IndexRecord[1 + random.Next(50)];
        while (RecordRuns.Read(runs, ref cursor, slice) is var read and > 0)
        {
            to.AddRange(slice.AsSpan(0, read));
        }
    }

    private static IndexRecord[] RandomRecords(Random random, int count)
    {
        var records = new IndexRecord[count];
        for (var i = 0; i < count; i++)
        {
            records[i] = new IndexRecord(
                new Handle((ulong)random.NextInt64(1, long.MaxValue), (ulong)random.NextInt64()),
                (NodeKind)random.Next(4, 6),
                random.Next(2) == 0 ? IndexRecord.Terminal : 2,
                default,
                new Instant(random.Next(2)));
        }

        return records;
    }

    private static IEnumerable<byte[]> Frames()
    {
        var handle = new Handle(1, 2);
        var key = new VerificationKey("k", "t", handle, new byte[32], new byte[32], Instant.Never);
        Action<FrameBuffer>[] writers =
        [
            new HelloFrame(1, "edge", 1, 250, 0, 0, 0, 1, 2, "t").Write,
            to => new RenewFrame(1, 2, 3).Write(to),
            to => new AckFrame(1, 2).Write(to),
            new CheckFrame(1, 2, "token", new ToolCall("tool", "action", "resource", ActionClass.Read), "env", "aud").Write,
            to => new TakeQuotaFrame(1, handle, 5).Write(to),
            to => new ReturnQuotaFrame(handle, 5, 1).Write(to),
            new FetchKeyFrame(1, "kid").Write,
            to => new UsageFrame(1, "{}"u8).Write(to),
            to => new WelcomeFrame(1, 2, 3, 4, 5, true, handle).Write(to),
            to => new RevisionFrame(1).Write(to, FrameType.SnapshotBegin),
            new KeyFrame(1, key).Write,
            to => KeyCodec.WriteFrame(to, [key, key]),
            to => new GrantFrame(1).Write(to),
            new GapFrame("code").Write,
            new CheckAnswerFrame(1, false, "code", 2, 3).Write,
            new QuotaAnswerFrame(1, "code", 2, 3, 4).Write,
            new KeyAnswerFrame(1, key).Write,
            new UsageAnswerFrame(1, "code", 2).Write,
            new ClosingFrame("code").Write,
            to =>
            {
                var runs = new byte[128];
                RecordRuns.Write(runs, [new IndexRecord(handle, NodeKind.User, 1, default, default)], out var length);
                to.Begin(FrameType.Records).U64(5).Bytes(runs.AsSpan(0, length));
            },
        ];
        foreach (var write in writers)
        {
            var buffer = new FrameBuffer();
            write(buffer);
            yield return buffer.Written.ToArray();
        }
    }

    private static bool TryRead(ReadOnlySpan<byte> frame)
    {
        var payload = frame[1..];
        return (FrameType)frame[0] switch
        {
            FrameType.Hello => HelloFrame.TryRead(payload) is not null,
            FrameType.Renew => RenewFrame.TryRead(payload, out _),
            FrameType.Ack => AckFrame.TryRead(payload, out _),
            FrameType.Check => CheckFrame.TryRead(payload) is not null,
            FrameType.TakeQuota => TakeQuotaFrame.TryRead(payload, out _),
            FrameType.ReturnQuota => ReturnQuotaFrame.TryRead(payload, out _),
            FrameType.FetchKey => FetchKeyFrame.TryRead(payload) is not null,
            FrameType.Usage => UsageFrame.TryRead(payload, out _),
            FrameType.Welcome => WelcomeFrame.TryRead(payload, out _),
            FrameType.SnapshotBegin => RevisionFrame.TryRead(payload, out _),
            FrameType.SnapshotKeys => KeyCodec.TryReadFrame(payload) is not null,
            FrameType.Key => KeyFrame.TryRead(payload) is not null,
            FrameType.Grant => GrantFrame.TryRead(payload, out _),
            FrameType.Gap => GapFrame.TryRead(payload) is not null,
            FrameType.CheckAnswer => CheckAnswerFrame.TryRead(payload) is not null,
            FrameType.QuotaAnswer => QuotaAnswerFrame.TryRead(payload) is not null,
            FrameType.KeyAnswer => KeyAnswerFrame.TryRead(payload) is not null,
            FrameType.UsageAnswer => UsageAnswerFrame.TryRead(payload) is not null,
            FrameType.Closing => ClosingFrame.TryRead(payload) is not null,
            FrameType.Records => payload.Length > 8 && RecordRuns.Count(payload[8..]) > 0,
            _ => false,
        };
    }
}
