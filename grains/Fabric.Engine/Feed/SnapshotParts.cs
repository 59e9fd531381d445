using Fabric.Contracts.Feed;
using Fabric.Core.Index;

namespace Fabric.Engine.Feed;

/// <summary>The index as frames of a snapshot, one part of it in memory at a time. The writer goes on meanwhile.</summary>
internal sealed class SnapshotParts(RevocationIndex index)
{
    private readonly byte[] _chunk = new byte[FeedLimits.BatchBytesMax];
    private readonly List<IndexRecord> _shard = [];
    private int _nextShard;
    private int _taken;

    /// <summary>The next frame, valid until the next call; false at the end.</summary>
    public bool TryNext(out ReadOnlyMemory<byte> chunk)
    {
        var length = 1;
        _chunk[0] = (byte)FrameType.SnapshotChunk;
        while (true)
        {
            var left = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_shard)[_taken..];
            _taken += RecordRuns.Write(_chunk.AsSpan(length), left, out var bytes);
            length += bytes;
            if (_taken < _shard.Count || _nextShard == index.ShardCount)
            {
                chunk = _chunk.AsMemory(0, length);
                return length > 1;
            }

            _shard.Clear();
            _taken = 0;
            index.CopyShard(_nextShard++, _shard);
        }
    }
}
