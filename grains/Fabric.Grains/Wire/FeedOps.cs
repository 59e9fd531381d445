using System.Buffers.Binary;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;

namespace Fabric.Grains.Wire;

/// <summary>
/// Feed positions as bytes, one operation a position: an index record (whole, never a delta), or the event of a signing key. This is what the table keeps, so
/// its layout changes with a new tag alone.
/// </summary>
internal static class FeedOps
{
    private const byte RecordTag = 1;
    private const byte KeyTag = 2;
    private const int RecordSize = 1 + 1 + Handle.Size + sizeof(uint) + sizeof(long) + sizeof(long);

    internal static void Add(List<byte> to, in IndexRecord record)
    {
        Span<byte> bytes = stackalloc byte[RecordSize];
        (bytes[0], bytes[1]) = (RecordTag, (byte)record.Kind);
        record.Handle.Write(bytes[2..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[18..], record.MinGeneration);
        BinaryPrimitives.WriteInt64BigEndian(bytes[22..], record.LockedUntil.UnixMs);
        BinaryPrimitives.WriteInt64BigEndian(bytes[30..], record.DropAfter.UnixMs);
        to.AddRange(bytes);
    }

    internal static void Add(List<byte> to, FabricEvent key)
    {
        var bytes = EventList.WriteOne(key);
        to.Add(KeyTag);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        to.AddRange(length);
        to.AddRange(bytes);
    }

    /// <summary>Hands out the operations in order: records in runs, keys one by one.</summary>
    internal static void Read(ReadOnlySpan<byte> ops, Action<List<IndexRecord>> records, Action<FabricEvent> key)
    {
        var run = new List<IndexRecord>();
        while (!ops.IsEmpty)
        {
            if (ops[0] == RecordTag)
            {
                run.Add(new IndexRecord(
                    Handle.Read(ops[2..]), (NodeKind)ops[1], BinaryPrimitives.ReadUInt32BigEndian(ops[18..]),
                    new Instant(BinaryPrimitives.ReadInt64BigEndian(ops[22..])), new Instant(BinaryPrimitives.ReadInt64BigEndian(ops[30..]))));
                ops = ops[RecordSize..];
                continue;
            }

            if (ops[0] != KeyTag)
            {
                throw new InvalidRecordException($"feed operation {ops[0]} is not known: the feed is of a newer version");
            }

            Flush(run, records);
            var length = BinaryPrimitives.ReadInt32BigEndian(ops[1..]);
            key(EventList.ReadOne(ops.Slice(1 + sizeof(int), length)));
            ops = ops[(1 + sizeof(int) + length)..];
        }

        Flush(run, records);
    }

    /// <summary>Whether an event is a signing key's, and so has a feed position of its own.</summary>
    internal static bool IsKey(FabricEvent e) => e is SigningKeyAdded or SigningKeyRetired or SigningKeyRevoked;

    private static void Flush(List<IndexRecord> run, Action<List<IndexRecord>> records)
    {
        if (run.Count > 0)
        {
            records(run);
            run.Clear();
        }
    }
}
