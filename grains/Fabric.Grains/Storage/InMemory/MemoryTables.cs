using System.Net;
using Fabric.Core.Lineages;
using Fabric.Engine.Notes;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>What the tables of the database are, as collections under one lock: what is done under it is done whole, or (see <see cref="MemoryCommit"/>) undone.</summary>
internal sealed class MemoryTables
{
    /// <summary>Held around every look at the rest.</summary>
    internal Lock Gate { get; } = new();

    internal Dictionary<string, byte[]> Meta { get; } = new(StringComparer.Ordinal);

    /// <summary>The term of the order's owner.</summary>
    internal long Term { get; set; }

    /// <summary>In order, without those that were trimmed from the beginning. The newest stays.</summary>
    internal List<ChangeLine> Changes { get; } = [];

    internal Dictionary<UInt128, LogAnswer> ChangesById { get; } = [];

    /// <summary>In order. <see cref="FeedHead"/>: the last position that was given out.</summary>
    internal List<FeedLine> Feed { get; } = [];

    internal ulong FeedHead { get; set; }

    /// <summary>In order.</summary>
    internal List<DirectoryLine> Directory { get; } = [];

    /// <summary>Whose number is taken: an entity's commands are counted.</summary>
    internal HashSet<(string Owner, long Version, int Part)> DirectoryKeys { get; } = [];

    internal SortedDictionary<UInt128, SessionLine> Sessions { get; } = [];

    internal Dictionary<UInt128, CredentialLine> Credentials { get; } = [];

    internal Dictionary<UInt128, SortedSet<UInt128>> CredentialsOf { get; } = [];

    internal Dictionary<UInt128, StoredQuota> Quotas { get; } = [];

    internal Dictionary<long, RequestLine> Requests { get; } = [];

    /// <summary>Names of usage reports in hex, and when they came.</summary>
    internal Dictionary<string, long> Reports { get; } = new(StringComparer.Ordinal);

    /// <summary>By id, upwards.</summary>
    internal List<(long Id, AuditLine Line)> Audit { get; } = [];

    internal Dictionary<UInt128, long> Once { get; } = [];

    internal Dictionary<UInt128, Note> Notes { get; } = [];

    internal Dictionary<(string State, GrainId Grain), GrainLine> Grains { get; } = [];

    /// <summary>Where the first silo of a cluster is, who keeps the list of all.</summary>
    internal Dictionary<string, IPEndPoint> FirstSilos { get; } = new(StringComparer.Ordinal);

    internal long Head_NeedsLock => Changes.Count == 0 ? 0 : Changes[^1].Sequence;

    /// <summary>The first change after a place.</summary>
    internal int IndexAfter_NeedsLock(long sequence)
    {
        var (low, high) = (0, Changes.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Changes[middle].Sequence > sequence ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    internal void AddAudit_NeedsLock(IEnumerable<AuditLine> lines)
    {
        var last = Audit.Count == 0 ? _auditBefore : Audit[^1].Id;
        foreach (var line in lines)
        {
            Audit.Add((++last, line));
        }
    }

    /// <summary>Drops audit records from before a moment; ids are not given out again.</summary>
    internal void TrimAudit_NeedsLock(long beforeMs)
    {
        _auditBefore = Audit.Count == 0 ? _auditBefore : Audit[^1].Id;
        Audit.RemoveAll(item => item.Line.AtMs < beforeMs);
    }

    private long _auditBefore;
}

/// <summary>A command of the order.</summary>
internal sealed record ChangeLine(long Sequence, UInt128 Id, long AtMs, string By, ulong Revision, byte[] Events);

/// <summary>The feed's positions of a command.</summary>
internal sealed record FeedLine(LogRow Row, long DropAfter, string? Tenant, int Unknown);

/// <summary>An event of the directory, and what it replaces.</summary>
internal sealed record DirectoryLine(long Sequence, int Part, DirectoryRow Row, string? Slot);

/// <summary>A session as it stands after so many changes.</summary>
internal sealed record SessionLine(string Tenant, bool IsLive, long ExpiresMs, int Version, Handle[] Ancestors, byte[] Body);

/// <summary>A credential of the inventory.</summary>
internal sealed record CredentialLine(UInt128 Session, long ExpiresMs);

/// <summary>A request that was carried out.</summary>
internal sealed record RequestLine(long Content, ulong Revision, long AtMs);

/// <summary>A grain's state as bytes, and which version of it that is.</summary>
internal sealed record GrainLine(byte[]? State, long Version);
