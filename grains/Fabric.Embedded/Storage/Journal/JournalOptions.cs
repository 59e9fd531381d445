namespace Fabric.Embedded.Storage;

/// <summary>The limits of a journal (B1). The defaults hold a storage outage of about a minute at 15,000 records a second.</summary>
public sealed record JournalOptions
{
    /// <summary>What to do about damage at start. Default: refuse.</summary>
    public DamagePolicy OnDamage { get; init; } = DamagePolicy.Refuse;

    /// <summary>Most records that wait for their commit. Default 1,000,000.</summary>
    public int MaxBacklogRecords { get; init; } = 1_000_000;

    /// <summary>Most bytes that wait for their commit. Default 128 MiB.</summary>
    public long MaxBacklogBytes { get; init; } = 128L << 20;

    /// <summary>
    /// The share of both limits that only reserved appends (revocations, locks) may use, so that a backlog of issuance never
    /// refuses a revocation first. Default: a quarter.
    /// </summary>
    public double ReservedShare { get; init; } = 0.25;

    /// <summary>A commit takes no further record once it holds this many bytes. Default 1 MiB.</summary>
    public int MaxBatchBytes { get; init; } = 1 << 20;

    /// <summary>The largest single record in bytes: a request of 100,000 ids fits. Fixed, since it is part of the format.</summary>
    public const int MaxRecordBytes = 8 << 20;

    internal void Validate()
    {
        var isValid = MaxBacklogRecords > 0 && MaxBacklogBytes > 0 && MaxBatchBytes > 0 && ReservedShare is >= 0 and < 1;
        if (!isValid)
        {
            throw new InvalidOperationException("journal options: limits are above 0, the reserved share is at least 0 and below 1");
        }
    }
}
