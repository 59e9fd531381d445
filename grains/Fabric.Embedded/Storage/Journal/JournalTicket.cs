namespace Fabric.Embedded.Storage;

/// <summary>
/// The place of a record in the journal. <see cref="Committed"/> becomes true once the record is on disk, or false when the storage
/// did not take it: then the record stays queued in its order, is not acknowledged, and becomes durable when
/// <see cref="Journal.CommittedSequence"/> reaches <see cref="Sequence"/>.
/// </summary>
public readonly record struct JournalTicket(ulong Sequence, Task<bool> Committed);
