using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Quotas;
using Fabric.Core.Sessions;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>
/// Gives entries their places and works out what they mean: feed positions, directory, audit, inventory. Of the feed log alone, for one batch at a time:
/// <paramref name="index"/> holds everything that was committed before, and what the batch itself brings is laid over it.
/// </summary>
/// <param name="index">Everything that was committed before.</param>
/// <param name="handles">Of the cluster.</param>
/// <param name="versionOf">How many commands an entity has seen.</param>
/// <param name="shares">Who may have how many records.</param>
/// <param name="sequence">The last sequence that was given out before.</param>
/// <param name="revision">The last feed position that was given out before.</param>
internal sealed class LogComposer(
    RevocationIndex index, HandleSpace handles, Func<string, long> versionOf, LogShares shares, long sequence, ulong revision)
{
    private readonly Dictionary<Handle, IndexRecord> _records = [];
    private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly List<IndexRecord> _some = [];

    /// <summary>The last sequence that was given out.</summary>
    internal long Sequence { get; private set; } = sequence;

    /// <summary>The last feed position that was given out.</summary>
    internal ulong Revision { get; private set; } = revision;

    /// <summary>The entry in its place; or null, with the answer that says why not: its entity has gone on elsewhere, or the index has no room for it.</summary>
    internal ComposedEntry? TryCompose(LogEntry entry, out LogAnswer refusal)
    {
        refusal = new LogAnswer(0, 0, Conflict: true);
        if (entry.Owner is { } owner)
        {
            // INVARIANT R1: of two activations of one grain, one goes on. Each would raise the same generation, and the second revocation would revoke nothing.
            if (VersionOf(owner) != entry.Version)
            {
                return null;
            }
        }

        var (first, events) = (Revision + 1, EventList.Read(entry.Events));
        var (unknown, tenant) = RecordsOf(events);
        if (_some.Count > 0 && shares.Refuse(entry.Hold, tenant, _some.Count, unknown, index.Count + _records.Count) is { } full)
        {
            refusal = new LogAnswer(0, 0, Full: true, Detail: full.Detail);
            return null;
        }

        if (entry.Owner is { } going)
        {
            _versions[going] = entry.Version + 1;
        }

        // A key's row is of use until every silo has read it.
        var (ops, directory, dropAfter) = (new List<byte>(), new List<DirectoryRow>(), entry.AtMs);
        foreach (var e in events)
        {
            dropAfter = Math.Max(dropAfter, Feed(e, ops));
            if (IsDirectory(e))
            {
                directory.Add(new DirectoryRow(entry.Owner, entry.Version + 1, entry.AtMs, entry.By, EventList.WriteOne(e)));
            }
        }

        Sequence++;
        var composed = new ComposedEntry
        {
            Entry = entry, Row = new LogRow(Sequence, first, Revision, [.. ops], [.. directory]), DropAfter = dropAfter,
            Tenant = tenant, Unknown = unknown,
            Audit = [.. events.Where(e => e is not (QuotaDrawn or QuotaReturned)).Select(e => AuditOf(e, entry))],
        };
        foreach (var e in events)
        {
            Inventory(e, entry, composed);
        }

        shares.Add(composed);
        return composed;
    }

    /// <summary>What every silo keeps in memory of tenants, users, agents, trust grants, keys and locks.</summary>
    internal static bool IsDirectory(FabricEvent e) => e is not (
        SessionOpened or SessionApproved or SessionEnded or CredentialsIssued or CredentialsRevoked or QuotaDrawn or QuotaReturned
        or NodeRevoked { Target.Kind: NodeKind.Session });

    private long VersionOf(string owner) => _versions.TryGetValue(owner, out var version) ? version : versionOf(owner);

    // How many records an entry brings is left in `_some`; how many are of ids that were never made, and whose they are, is answered.
    private (int Unknown, string? Tenant) RecordsOf(IReadOnlyList<FabricEvent> events)
    {
        _some.Clear();
        var (unknown, tenant) = (0, (string?)null);
        foreach (var e in events.Where(e => !FeedOps.IsKey(e)))
        {
            var before = _some.Count;
            unknown += IndexRecords.Add(e, Find, handles, _some);
            tenant = _some.Count > before ? e.Node.Tenant : tenant;
            unknown += e is NodeRevoked { Target: { Kind: NodeKind.Session } target } && !IsMade(target) ? 1 : 0;
        }

        return (unknown, tenant);
    }

    private bool IsMade(NodeRef session)
    {
        handles.OfId(session.Kind, handles.OfTenant(session.Tenant), Names.ParseId(session.Id)!.Value, out var isMarked);
        return isMarked;
    }

    private long Feed(FabricEvent e, List<byte> ops)
    {
        if (FeedOps.IsKey(e))
        {
            FeedOps.Add(ops, e);
            Revision++;
            return 0;
        }

        var dropAfter = 0L;
        _some.Clear();
        IndexRecords.Add(e, Find, handles, _some);
        foreach (var record in _some)
        {
            _records[record.Handle] = record;
            FeedOps.Add(ops, record);
            Revision++;

            // A lifted lock's record has no end of its own, and must still be there when the lock that it lifts is read again.
            dropAfter = Math.Max(dropAfter, record.DropAfter == default ? long.MaxValue : record.DropAfter.UnixMs);
        }

        return dropAfter;
    }

    private IndexRecord? Find(Handle handle) =>
        _records.TryGetValue(handle, out var record) || index.TryGet(handle, out record) ? record : null;

    private AuditLine AuditOf(FabricEvent e, LogEntry entry)
    {
        var (node, issued, revoked, subject) = (e.Node, e as CredentialsIssued, e as CredentialsRevoked, entry.Subject);
        return new AuditLine(e.Kind, node.Tenant ?? "", entry.AtMs)
        {
            Sequence = Sequence, By = entry.By, Revision = Revision,
            User = subject is not null ? subject.User : node.Kind == NodeKind.User ? node.Id : null,
            Agent = subject?.Agent ?? (node.Kind == NodeKind.Agent ? node.Id : null),
            Session = subject?.Session ?? (node.Kind == NodeKind.Session ? Names.ParseId(node.Id) ?? UInt128.Zero : UInt128.Zero),
            Purpose = subject?.Purpose, DelegatedFrom = subject?.Parent ?? UInt128.Zero,
            Credential = issued is { Ids.Count: 1 } ? issued.Ids[0] : revoked is { Ids.Count: 1 } ? revoked.Ids[0] : UInt128.Zero,
            Credentials = issued is { Ids.Count: > 1 } ? issued.Ids : revoked is { Ids.Count: > 1 } ? revoked.Ids : null,
            Count = issued?.Ids.Count ?? revoked?.Ids.Count ?? 1,
            Reason = EventText.ReasonOf(e), Detail = issued is null ? EventText.DescribeText(e) : null,
        };
    }

    private static void Inventory(FabricEvent e, LogEntry entry, ComposedEntry composed)
    {
        switch (e)
        {
            case CredentialsIssued issued:
                composed.Credentials.AddRange(issued.Ids.Select(id => (id, issued.Session, issued.ExpiresAt.UnixMs)));
                composed.Quotas.AddRange(issued.Quotas.Select(quota => (quota, (issued.ExpiresAt + Limits.ClockSkew).UnixMs)));
                break;
            case SessionOpened opened:
                var last = new Instant(entry.AtMs) + Limits.SessionLifetimeMax + Limits.ApprovalWaitMax;
                foreach (var scope in opened.Scopes.Entries)
                {
                    composed.Quotas.AddRange(scope.Quotas.Select(quota => (quota, last.UnixMs)));
                }

                break;
            case NodeRevoked revoked when revoked.RequestKey != UInt128.Zero: composed.Request = revoked.RequestKey; break;
            case CredentialsRevoked revoked when revoked.RequestKey != UInt128.Zero: composed.Request = revoked.RequestKey; break;
        }
    }
}
