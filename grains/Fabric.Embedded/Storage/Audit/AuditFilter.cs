namespace Fabric.Embedded.Storage.Audit;

/// <summary>Which audit records; what is null does not filter. Newest first unless <see cref="OldestFirst"/>.</summary>
internal sealed record AuditFilter
{
    /// <summary>The most records of one answer (B1).</summary>
    public const int LimitMax = 1_000;

    public string? Tenant { get; init; }

    public string? User { get; init; }

    public string? Agent { get; init; }

    public UInt128? Session { get; init; }

    /// <summary>What names this credential: its usage and denials, its issuance, and its revocation, also as one of many.</summary>
    public UInt128? Credential { get; init; }

    public string? Tool { get; init; }

    public string? Kind { get; init; }

    /// <summary>Unix milliseconds, inclusive.</summary>
    public long? FromMs { get; init; }

    /// <summary>Unix milliseconds, exclusive.</summary>
    public long? ToMs { get; init; }

    /// <summary>The id that the last page ended with.</summary>
    public long? AfterId { get; init; }

    /// <summary>1 to <see cref="LimitMax"/>.</summary>
    public int Limit { get; init; } = 100;

    public bool OldestFirst { get; init; }
}
