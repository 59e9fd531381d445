namespace Fabric.Embedded.Storage;

/// <summary>Counts since the start, and what waits for its commit now.</summary>
public readonly record struct JournalStats(long Commits, long Records, long Bytes, int BacklogRecords, long BacklogBytes, TimeSpan LastCommit);
