using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;
using Fabric.Contracts.Feed;
using Fabric.Core.Index;

namespace Fabric.Benchmarks.Subjects;

/// <summary>Frames of the enforcement feed: what a silo writes and an edge reads.</summary>
[Limit(nameof(MachineLimits.HashBlock))]
public class FrameBenchmarks
{
    private const int Records = 1_000;

    private readonly IndexRecord[] _records = [.. Enumerable.Range(0, Records).Select(Sample.RevokedOf)];
    private readonly IndexRecord[] _read = new IndexRecord[Records];
    private readonly byte[] _bytes = new byte[FeedLimits.BatchBytesMax];
    private readonly FrameBuffer _buffer = new();
    private byte[] _renewal = [];
    private int _length;
    private ulong _number;

    /// <summary>The frames that are read.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _ = EncodeRecords();
        _ = EncodeRenewal();
        _renewal = _buffer.Written[1..].ToArray();
        if (DecodeRecords() != Records || DecodeRenewal() != 1)
        {
            throw new InvalidOperationException("what was written is not what is read");
        }
    }

    /// <summary>A thousand revocations into a frame.</summary>
    [Benchmark(OperationsPerInvoke = Records)]
    public int EncodeRecords()
    {
        RecordRuns.WriteFrameHead(_bytes, ++_number);
        var written = RecordRuns.Write(_bytes.AsSpan(RecordRuns.FrameHeadSize), _records, out var bytes);
        _length = bytes;
        return written;
    }

    /// <summary>A thousand revocations out of a frame.</summary>
    [Benchmark(OperationsPerInvoke = Records)]
    public int DecodeRecords()
    {
        var runs = _bytes.AsSpan(RecordRuns.FrameHeadSize, _length);
        var cursor = default(RunCursor);
        return RecordRuns.Count(runs) == Records ? RecordRuns.Read(runs, ref cursor, _read) : 0;
    }

    /// <summary>A lease's renewal.</summary>
    [Benchmark]
    public int EncodeRenewal()
    {
        new RenewFrame(++_number, _number, 0).Write(_buffer);
        return _buffer.Written.Length;
    }

    /// <summary>The same at the other end.</summary>
    [Benchmark]
    public int DecodeRenewal() => RenewFrame.TryRead(_renewal, out _) ? 1 : 0;
}
