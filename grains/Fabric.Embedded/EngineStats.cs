using Fabric.Embedded.Storage;

namespace Fabric.Embedded;

/// <summary>What an engine holds, for metrics: sessions in memory, index records and their bytes, the journal's work, the feed's head.</summary>
public readonly record struct EngineStats(int Sessions, int IndexRecords, long IndexBytes, JournalStats Journal, ulong Revision);
