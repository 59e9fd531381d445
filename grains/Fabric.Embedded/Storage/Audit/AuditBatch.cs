namespace Fabric.Embedded.Storage.Audit;

/// <summary>Records that are committed together.</summary>
internal sealed class AuditBatch
{
    private const int RecordsMax = 8_192;
    private const long BytesMax = 8 << 20;

    public List<AuditRecord> Records { get; } = [];

    public long Bytes { get; private set; }

    public bool IsFull => Records.Count >= RecordsMax || Bytes >= BytesMax;

    /// <summary>The lowest sequence number of the journal in here; <see cref="long.MaxValue"/> without one.</summary>
    public long LowestSequence { get; private set; } = long.MaxValue;

    /// <summary>Once this batch is committed, all records of the journal up to this sequence number are. Set when the batch is taken.</summary>
    public long Through { get; set; }

    public void Add(AuditRecord record, long bytes)
    {
        Records.Add(record);
        Bytes += bytes;
        if (record.Sequence > 0)
        {
            LowestSequence = Math.Min(LowestSequence, record.Sequence);
        }
    }
}
