namespace Fabric.Embedded.Storage;

/// <summary>Takes one record of the journal; the bytes are valid during the call only.</summary>
public delegate void JournalVisitor(ulong sequence, ReadOnlySpan<byte> record);
