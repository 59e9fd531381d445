using Fabric.Contracts.Feed;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;

namespace Fabric.Engine.Feed;

/// <summary>
/// The newest part of the feed, in order and without gaps (R3), encoded. Keeps at least the newest <c>retention</c> records and at most one
/// segment more (B1). Every member needs the hub's lock.
/// </summary>
internal sealed class FeedLog
{
    private const int ManyRecords = 1_024;

    private readonly int _retention;
    private FeedSegment _first;
    private FeedSegment _last;
    private int _retained;

    /// <summary>A log that begins after a revision.</summary>
    public FeedLog(ulong from, int retention)
    {
        _retention = retention;
        _first = _last = new FeedSegment(from, FeedLimits.BatchBytesMax);
    }

    /// <summary>The newest revision.</summary>
    public ulong Head => _last.To;

    /// <summary>The oldest revision that a subscriber can resume after.</summary>
    public ulong Tail => _first.From;

    /// <summary>Adds records, one revision each.</summary>
    public void Append(ReadOnlySpan<IndexRecord> records)
    {
        _retained += records.Length;
        if (records.Length >= ManyRecords && _last.Count > 0)
        {
            // Many records begin a segment: then all subscribers are sent its very bytes, and nobody copies the rest of another one.
            LinkFor(records.Length);
        }

        while (!records.IsEmpty)
        {
            var added = _last.Add(records);
            records = records[added..];
            if (!records.IsEmpty)
            {
                LinkFor(records.Length);
            }
        }

        Drop();
    }

    /// <summary>Adds a key, as one revision.</summary>
    public void Append(VerificationKey key)
    {
        Link(new FeedSegment(Head, key));
        _retained++;
        Drop();
    }

    /// <summary>A cursor after a revision; null when that lies outside of what is kept (R3).</summary>
    public FeedCursor? TryFind(ulong revision)
    {
        if (revision < Tail || revision > Head)
        {
            return null;
        }

        if (revision == Head)
        {
            return new FeedCursor(_last, _last.Length, revision);
        }

        var segment = _first;
        while (segment.To <= revision)
        {
            segment = segment.Next!;
        }

        // Subscribers apply whole frames and frames end where runs end; a cursor inside a run is nobody's, so it gets a gap.
        var offset = segment.OffsetAfter(revision);
        return offset < 0 ? null : new FeedCursor(segment, offset, revision);
    }

    /// <summary>
    /// Takes what comes after a cursor, at most a segment, and moves the cursor. False when there is nothing to take: because all was taken, or,
    /// with <paramref name="gap"/>, because what comes next is kept no more (R3).
    /// </summary>
    public bool TryTake(ref FeedCursor cursor, out FeedSlice slice, out bool gap)
    {
        slice = default;
        if (cursor.Segment.From < Tail)
        {
            // The segment was dropped and cut off from those after it.
            if (TryFind(cursor.Revision) is not { } found)
            {
                gap = true;
                return false;
            }

            cursor = found;
        }

        gap = false;
        var (segment, offset, _) = cursor;
        while (offset == segment.Length)
        {
            if (segment.Next is not { } next)
            {
                return false;
            }

            (segment, offset) = (next, next.Start);
        }

        // From the start on, the segment's bytes are a frame already; that the open segment grows later does not touch them.
        var whole = offset == segment.Start;
        slice = new FeedSlice(
            segment.Slice(whole ? 0 : offset, segment.Length), whole ? segment.From : cursor.Revision, segment.To, whole, segment.Key);
        cursor = new FeedCursor(segment, segment.Length, segment.To);
        return true;
    }

    // As large as the records can need, so that lists of a few thousand do not take a whole segment's memory each; what is left over is for those
    // that come one by one.
    private void LinkFor(int records)
    {
        var needed = RecordRuns.FrameHeadSize + ((long)records * (RecordRuns.HeadSize + Handle.Size));
        Link(new FeedSegment(Head, records < ManyRecords ? FeedLimits.BatchBytesMax : (int)Math.Min(needed, FeedLimits.BatchBytesMax)));
    }

    private void Link(FeedSegment segment)
    {
        _last.Next = segment;
        _last = segment;
    }

    private void Drop()
    {
        while (_first != _last && _retained - _first.Count >= _retention)
        {
            var next = _first.Next!;
            _retained -= _first.Count;

            // Cut, so that a subscriber which hangs in a send keeps one segment alive and not all that follow (R3, B1).
            _first.Next = null;
            _first = next;
        }
    }
}
