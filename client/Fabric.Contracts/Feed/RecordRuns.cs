using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;

namespace Fabric.Contracts.Feed;

/// <summary>
/// How index records are written: as runs. Records that follow each other and differ in their handle alone share one head, so that a
/// leak of a million credentials travels at 16 bytes each. Head: kind, generation floor, lock end, drop moment, count; then the handles.
/// A <see cref="FrameType.Records"/> frame is the revision before its first record, then runs; a <see cref="FrameType.SnapshotChunk"/> is runs alone.
/// </summary>
public static class RecordRuns
{
    /// <summary>Bytes of a run without its handles.</summary>
    public const int HeadSize = 1 + 4 + 8 + 8 + 2;

    /// <summary>Bytes of a <see cref="FrameType.Records"/> frame before its runs.</summary>
    public const int FrameHeadSize = 1 + 8;

    /// <summary>Writes the head of a <see cref="FrameType.Records"/> frame: <paramref name="from"/> is the revision before the first record.</summary>
    public static void WriteFrameHead(Span<byte> to, ulong from)
    {
        to[0] = (byte)FrameType.Records;
        BinaryPrimitives.WriteUInt64BigEndian(to[1..], from);
    }

    /// <summary>
    /// Writes as many records as fit in <paramref name="to"/>, as runs, beginning a new one. Answers how many; <paramref name="bytes"/> is what they take.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // like Read, for the first leak that a process sees
    public static int Write(Span<byte> to, ReadOnlySpan<IndexRecord> records, out int bytes)
    {
        var written = 0;
        bytes = 0;
        while (written < records.Length && to.Length - bytes >= HeadSize + Handle.Size)
        {
            var head = bytes;
            var first = records[written];
            bytes += HeadSize;
            var count = 0;
            while (written < records.Length && count < ushort.MaxValue && to.Length - bytes >= Handle.Size && SharesHead(in records[written], in first))
            {
                records[written].Handle.Write(to[bytes..]);
                bytes += Handle.Size;
                written++;
                count++;
            }

            WriteHead(to[head..], in first, (ushort)count);
        }

        return written;
    }

    /// <summary>How many records the runs hold; -1 when they are malformed. What passes here is read by <see cref="Read"/> without a fault.</summary>
    public static int Count(ReadOnlySpan<byte> runs)
    {
        var records = 0;
        while (!runs.IsEmpty)
        {
            if (runs.Length < HeadSize || runs[0] is 0 or > (byte)NodeKind.Trust)
            {
                return -1;
            }

            int count = BinaryPrimitives.ReadUInt16BigEndian(runs[(HeadSize - 2)..]);
            var size = HeadSize + (count * Handle.Size);
            if (count == 0 || runs.Length < size)
            {
                return -1;
            }

            records += count;
            runs = runs[size..];
        }

        return records;
    }

    /// <summary>
    /// Reads up to <paramref name="to"/>'s length of records from <paramref name="cursor"/> on and moves it. 0 at the end. The runs have passed <see cref="Count"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Read(ReadOnlySpan<byte> runs, ref RunCursor cursor, Span<IndexRecord> to)
    {
        var read = 0;
        while (read < to.Length && cursor.Offset < runs.Length)
        {
            var head = runs[cursor.Offset..];
            int count = BinaryPrimitives.ReadUInt16BigEndian(head[(HeadSize - 2)..]);
            var template = ReadHead(head);
            var take = Math.Min(count - cursor.InRun, to.Length - read);
            var handles = head[(HeadSize + (cursor.InRun * Handle.Size))..];
            for (var i = 0; i < take; i++)
            {
                to[read++] = template with { Handle = Handle.Read(handles[(i * Handle.Size)..]) };
            }

            cursor = cursor.InRun + take == count
                ? new RunCursor(cursor.Offset + HeadSize + (count * Handle.Size), 0)
                : cursor with { InRun = cursor.InRun + take };
        }

        return read;
    }

    /// <summary>
    /// Where the run begins whose first record is number <paramref name="skip"/> of the runs; -1 when that record is inside a run. The runs have passed
    /// <see cref="Count"/>, or were written here.
    /// </summary>
    public static int OffsetOf(ReadOnlySpan<byte> runs, int skip)
    {
        var offset = 0;
        while (skip > 0 && offset < runs.Length)
        {
            int count = BinaryPrimitives.ReadUInt16BigEndian(runs[(offset + HeadSize - 2)..]);
            skip -= count;
            offset += HeadSize + (count * Handle.Size);
        }

        return skip == 0 ? offset : -1;
    }

    private static bool SharesHead(in IndexRecord a, in IndexRecord b) =>
        a.Kind == b.Kind && a.MinGeneration == b.MinGeneration && a.LockedUntil == b.LockedUntil && a.DropAfter == b.DropAfter;

    private static void WriteHead(Span<byte> to, in IndexRecord record, ushort count)
    {
        to[0] = (byte)record.Kind;
        BinaryPrimitives.WriteUInt32BigEndian(to[1..], record.MinGeneration);
        BinaryPrimitives.WriteInt64BigEndian(to[5..], record.LockedUntil.UnixMs);
        BinaryPrimitives.WriteInt64BigEndian(to[13..], record.DropAfter.UnixMs);
        BinaryPrimitives.WriteUInt16BigEndian(to[21..], count);
    }

    private static IndexRecord ReadHead(ReadOnlySpan<byte> head) => new(
        default,
        (NodeKind)head[0],
        BinaryPrimitives.ReadUInt32BigEndian(head[1..]),
        new Instant(BinaryPrimitives.ReadInt64BigEndian(head[5..])),
        new Instant(BinaryPrimitives.ReadInt64BigEndian(head[13..])));
}
