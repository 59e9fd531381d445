namespace Fabric.Grains.Storage;

/// <summary>One audit record (A1). An id of zero is none.</summary>
internal sealed record AuditLine(string Kind, string Tenant, long AtMs)
{
    /// <summary>The command that it is of; 0: none.</summary>
    internal long Sequence { get; init; }
    internal string? User { get; init; }
    internal string? Agent { get; init; }
    internal UInt128 Session { get; init; }
    internal UInt128 Credential { get; init; }

    /// <summary>A list's credentials; null: at most the one.</summary>
    internal IReadOnlyList<UInt128>? Credentials { get; init; }
    internal string? Tool { get; init; }
    internal string? Action { get; init; }
    internal string? Resource { get; init; }
    internal string? Purpose { get; init; }
    internal string? Reason { get; init; }
    internal string? By { get; init; }
    internal UInt128 DelegatedFrom { get; init; }
    internal ulong Revision { get; init; }
    internal long Count { get; init; } = 1;
    internal long FirstMs { get; init; }
    internal long LastMs { get; init; }
    internal string? Detail { get; init; }
}
