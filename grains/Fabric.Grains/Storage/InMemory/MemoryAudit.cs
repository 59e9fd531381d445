using Fabric.Core.Common;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>Audit records in memory.</summary>
internal sealed class MemoryAudit(MemoryTables tables) : IAuditStore
{
    // Records that a demonstration's memory holds (B1). Past it none is taken, so that nothing is allowed that is not recorded (A1).
    private const int RecordsMax = 5_000_000;

    public Task WriteAsync(IReadOnlyList<AuditLine> lines, byte[]? report, Instant now)
    {
        lock (tables.Gate)
        {
            if (tables.Audit.Count + lines.Count > RecordsMax)
            {
                throw new InvalidOperationException($"the memory holds its {RecordsMax} audit records");
            }

            if (report is null || tables.Reports.TryAdd(Convert.ToHexStringLower(report), now.UnixMs))
            {
                tables.AddAudit_NeedsLock(lines);
            }
        }

        return Task.CompletedTask;
    }
}
