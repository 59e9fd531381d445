using Fabric.Contracts.Feed;
using Fabric.Core.Index;
using Fabric.Core.Keys;

namespace Fabric.Engine.Feed;

/// <summary>
/// A stretch of the feed, encoded once: every subscriber is sent these very bytes. Bytes are only ever added, and what was published under the
/// log's lock never changes, so that a send needs no lock.
/// </summary>
internal sealed class FeedSegment
{
    private readonly byte[] _bytes;

    /// <summary>An empty stretch of records after a revision.</summary>
    public FeedSegment(ulong from, int bytesMax)
    {
        From = from;
        _bytes = new byte[bytesMax];
        RecordRuns.WriteFrameHead(_bytes, from);
        Length = RecordRuns.FrameHeadSize;
    }

    /// <summary>A key at its revision.</summary>
    public FeedSegment(ulong from, VerificationKey key)
    {
        From = from;
        Key = key;
        Count = 1;
        var buffer = new FrameBuffer();
        new KeyFrame(from + 1, key).Write(buffer);
        _bytes = buffer.Written.ToArray();
        Length = _bytes.Length;
    }

    /// <summary>The revision before the first record.</summary>
    public ulong From { get; }

    /// <summary>The revision of the last record.</summary>
    public ulong To => From + (ulong)Count;

    /// <summary>Records held.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes published.</summary>
    public int Length { get; private set; }

    /// <summary>The byte at which the first record begins.</summary>
    public int Start => Key is null ? RecordRuns.FrameHeadSize : 0;

    /// <summary>The key, when this is not a stretch of records.</summary>
    public VerificationKey? Key { get; }

    /// <summary>The stretch after this one; null at the end, and once this one was dropped.</summary>
    public FeedSegment? Next { get; set; }

    /// <summary>The bytes: a whole frame when taken from 0.</summary>
    public ReadOnlyMemory<byte> Slice(int start, int end) => _bytes.AsMemory(start, end - start);

    /// <summary>Takes as many records as there is room for and answers how many.</summary>
    public int Add(ReadOnlySpan<IndexRecord> records)
    {
        if (Key is not null)
        {
            return 0;
        }

        var added = RecordRuns.Write(_bytes.AsSpan(Length), records, out var bytes);
        Length += bytes;
        Count += added;
        return added;
    }

    /// <summary>The byte at which the record after <paramref name="revision"/> begins; -1 when that is inside a run.</summary>
    public int OffsetAfter(ulong revision)
    {
        if (Key is not null)
        {
            return revision == From ? Start : Length;
        }

        var offset = RecordRuns.OffsetOf(_bytes.AsSpan(Start, Length - Start), (int)(revision - From));
        return offset < 0 ? -1 : offset + Start;
    }
}
