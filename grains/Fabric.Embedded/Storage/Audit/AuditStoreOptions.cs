namespace Fabric.Embedded.Storage.Audit;

/// <summary>The limits of the audit store (B1).</summary>
internal sealed record AuditStoreOptions
{
    /// <summary>Most records that wait for their commit. Default 200,000.</summary>
    public int MaxSpoolRecords { get; init; } = 200_000;

    /// <summary>Most bytes, about, that wait for their commit. Default 128 MiB.</summary>
    public long MaxSpoolBytes { get; init; } = 128L << 20;

    /// <summary>The share of the spool from which on nothing new is to be issued. Default 0.75.</summary>
    public double StopIssuanceAt { get; init; } = 0.75;

    /// <summary>
    /// How long a record waits for company before its commit, unless somebody flushes. Default 250 ms: in a commit of few each record costs
    /// twice what it costs in one of thousands.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The fabric that the file must belong to.</summary>
    public UInt128 FabricId { get; init; }

    internal void Validate()
    {
        var isValid = MaxSpoolRecords > 0 && MaxSpoolBytes > 0 && StopIssuanceAt is > 0 and <= 1 && Linger >= TimeSpan.Zero;
        if (!isValid)
        {
            throw new InvalidOperationException("audit options: limits are above 0, the share is above 0 and at most 1, the pause is not negative");
        }
    }
}
