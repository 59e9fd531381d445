using Fabric.Core.Quotas;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>An entry with its place in the order, and everything that is written with it.</summary>
internal sealed class ComposedEntry
{
    internal required LogEntry Entry { get; init; }

    internal required LogRow Row { get; init; }

    /// <summary>The feed's head after it.</summary>
    internal ulong Revision => Row.Last;

    /// <summary>When the last of its feed records can matter no more; 0: it has none.</summary>
    internal long DropAfter { get; init; }

    internal required IReadOnlyList<AuditLine> Audit { get; init; }

    internal List<(UInt128 Id, UInt128 Session, long ExpiresMs)> Credentials { get; } = [];

    internal List<(QuotaRef Quota, long DropAfterMs)> Quotas { get; } = [];

    /// <summary>Whose records in the index they are; null: it has none.</summary>
    internal string? Tenant { get; init; }

    /// <summary>Records in the index.</summary>
    internal int Records => (int)(Row.Last + 1 - Row.First);

    /// <summary>How many of them are of ids that were never made.</summary>
    internal int Unknown { get; init; }

    /// <summary>The request's name; zero: it has none.</summary>
    internal UInt128 Request { get; set; }
}
