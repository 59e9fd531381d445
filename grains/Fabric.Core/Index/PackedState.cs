using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Core.Index;

/// <summary>
/// What the index holds of a node beside its handle, in two words: a 45-bit moment each (milliseconds; past year 3084 means never),
/// the kind, and half of the generation floor each. Exact for everything between 1970 and 3084.
/// </summary>
internal readonly record struct PackedState(ulong LockWord, ulong DropWord)
{
    private const int MomentShift = 19;
    private const int KindShift = 16;
    private const ulong MomentMax = (1UL << 45) - 1;

    /// <summary>The state of a record that is new to the index.</summary>
    public static PackedState Of(in IndexRecord record) =>
        Of(record.Kind, record.MinGeneration, Pack(record.LockedUntil), Pack(record.DropAfter));

    /// <summary>The generation floor.</summary>
    public uint MinGeneration => (uint)(LockWord & 0xFFFF) | ((uint)(DropWord & 0xFFFF) << 16);

    /// <summary>The end of the lock; 0 when there is none.</summary>
    public Instant LockedUntil => Unpack(LockWord >> MomentShift);

    /// <summary>When the record may go.</summary>
    public Instant DropAfter => Unpack(DropWord >> MomentShift);

    /// <summary>
    /// This state after another record of the same node. The floor and the drop moment never go down, so that no order of records
    /// brings a revoked node back; the lock is the newer record's.
    /// </summary>
    public PackedState With(in IndexRecord record) => Of(
        record.Kind,
        Math.Max(MinGeneration, record.MinGeneration),
        Pack(record.LockedUntil),
        Math.Max(DropWord >> MomentShift, Pack(record.DropAfter)));

    /// <summary>Whether a node that was dead in <paramref name="before"/> can be alive in this one.</summary>
    public bool IsLooserThan(PackedState before) => LockWord >> MomentShift < before.LockWord >> MomentShift;

    /// <summary>Whether some lineage can get another answer from this one than from <paramref name="before"/>.</summary>
    public bool AnswersOtherThan(PackedState before) =>
        MinGeneration != before.MinGeneration || LockWord >> MomentShift != before.LockWord >> MomentShift;

    /// <summary>The record, as the feed carries it.</summary>
    public IndexRecord ToRecord(Handle handle) =>
        new(handle, (NodeKind)((LockWord >> KindShift) & 7), MinGeneration, LockedUntil, DropAfter);

    private static PackedState Of(NodeKind kind, uint minGeneration, ulong lockedUntil, ulong dropAfter) => new(
        (lockedUntil << MomentShift) | ((ulong)kind << KindShift) | (minGeneration & 0xFFFF),
        (dropAfter << MomentShift) | (minGeneration >> 16));

    private static ulong Pack(Instant moment) => (ulong)Math.Clamp(moment.UnixMs, 0, (long)MomentMax);

    private static Instant Unpack(ulong moment) => moment == MomentMax ? Instant.Never : new Instant((long)moment);
}
