using Fabric.Contracts.Feed;
using Fabric.Core.Index;
using Fabric.Core.Keys;

namespace Fabric.Client.Feed;

/// <summary>Applies the feed's frames to a view. Everything that does not fit breaks the view: better no view than one with a hole (R2, R3).</summary>
internal sealed class FrameApplier(FeedView view)
{
    private const int ChunkMax = 1_024;

    private readonly Lock _writing = new();
    private readonly IndexRecord[] _chunk = new IndexRecord[ChunkMax];
    private readonly List<VerificationKey> _keys = [];
    private RevocationIndex? _fresh;
    private ulong _snapshotAt;

    /// <summary>Applies a frame of the feed. False: the frame does not fit what was applied before, or is malformed; the view is broken then.</summary>
    public bool TryApply(FrameType type, ReadOnlySpan<byte> payload)
    {
        lock (_writing)
        {
            var applied = type switch
            {
                FrameType.Records => Records(payload),
                FrameType.Key => Key(payload),
                FrameType.Denials => Denials(payload),
                FrameType.Gap => Gap(payload),
                FrameType.SnapshotBegin => Begin(payload),
                FrameType.SnapshotChunk => Chunk(payload),
                FrameType.SnapshotKeys => Keys(payload),
                FrameType.SnapshotEnd => End(payload),
                _ => false,
            };
            if (!applied)
            {
                Abandon();
            }

            return applied;
        }
    }

    /// <summary>Gives up what is half done: a snapshot, when its connection has ended.</summary>
    public void Abandon()
    {
        lock (_writing)
        {
            _fresh = null;
            _keys.Clear();
        }
    }

    /// <summary>Drops records whose time has passed (R4), some slots at a time.</summary>
    public void Sweep(Core.Common.Instant now, int slotsMax)
    {
        lock (_writing)
        {
            view.Index.Sweep(now, slotsMax);
        }
    }

    private bool Records(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var from = read.U64();
        var count = RecordRuns.Count(read.Rest);

        // INVARIANT R3: contiguous with what was applied, or not at all.
        if (read.Failed || count <= 0 || !view.IsReady || from != view.Revision)
        {
            return false;
        }

        if (!Put(view.Index, read.Rest, from))
        {
            return false;
        }

        view.Advanced(from + (ulong)count);
        return true;
    }

    // Into the snapshot that is under way, if one is. Where there is no view, nothing is allowed, and the snapshot to come has them.
    private bool Denials(ReadOnlySpan<byte> payload)
    {
        var index = _fresh ?? view.Index;
        var cursor = default(RunCursor);
        if (RecordRuns.Count(payload) <= 0)
        {
            return false;
        }

        while (RecordRuns.Read(payload, ref cursor, _chunk) is var read and > 0)
        {
            if (index.Tighten(_chunk.AsSpan(0, read)) < read)
            {
                return false;
            }
        }

        return true;
    }

    private bool Put(RevocationIndex index, ReadOnlySpan<byte> runs, ulong? from)
    {
        var cursor = default(RunCursor);
        while (RecordRuns.Read(runs, ref cursor, _chunk) is var read and > 0)
        {
            from += (ulong)read;
            if (index.ApplyBatch(_chunk.AsSpan(0, read), from ?? 0) < read)
            {
                // The index is full (B1): a view that lacks a record is no view.
                return false;
            }
        }

        return true;
    }

    private bool Key(ReadOnlySpan<byte> payload)
    {
        if (KeyFrame.TryRead(payload) is not { } frame || !view.IsReady || frame.Revision != view.Revision + 1)
        {
            return false;
        }

        if (frame.Key is not null && view.Keys.Add(frame.Key) is not null)
        {
            return false;
        }

        view.Index.AdvanceTo(frame.Revision);
        view.Advanced(frame.Revision);
        return true;
    }

    private bool Gap(ReadOnlySpan<byte> payload)
    {
        view.Break();
        return GapFrame.TryRead(payload) is not null;
    }

    private bool Begin(ReadOnlySpan<byte> payload)
    {
        view.Break();
        _keys.Clear();
        _fresh = view.Fresh();
        var whole = RevisionFrame.TryRead(payload, out var frame);
        _snapshotAt = frame.Revision;
        return whole;
    }

    private bool Chunk(ReadOnlySpan<byte> payload) => _fresh is not null && RecordRuns.Count(payload) > 0 && Put(_fresh, payload, from: null);

    private bool Keys(ReadOnlySpan<byte> payload)
    {
        if (_fresh is null || KeyCodec.TryReadFrame(payload) is not { } keys || _keys.Count + keys.Length > KeyRing.KeysMax)
        {
            return false;
        }

        _keys.AddRange(keys);
        return true;
    }

    private bool End(ReadOnlySpan<byte> payload)
    {
        if (_fresh is null || !RevisionFrame.TryRead(payload, out var frame) || frame.Revision != _snapshotAt || view.Keys.Replace(_keys) is not null)
        {
            return false;
        }

        view.Replace(_fresh, frame.Revision);
        _fresh = null;
        _keys.Clear();
        return true;
    }
}
