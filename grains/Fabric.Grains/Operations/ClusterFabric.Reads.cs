using System.Runtime.CompilerServices;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Sessions;
using Fabric.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Grains.Operations;

internal sealed partial class ClusterFabric
{
    // Commands that one pull looks at, and names that a blast radius lists (B1).
    private const int ChangesLookedAt = 10_000;
    private const int NamesMax = 1_000;
    private const int PageOfSessions = 5_000;

    private static readonly Rejection Gap = new(Codes.CursorGap, "cursor", "the cursor lies outside what is retained: read the state anew and go on from now");

    public async ValueTask<Outcome<Page<AuditEntry>>> QueryAuditAsync(AuditQuery query, CancellationToken cancellation = default)
    {
        if ((caller.Role & (Admins | Role.Auditor)) == 0)
        {
            return Refuse(Admins | Role.Auditor, caller.Tenant)!;
        }

        // INVARIANT T1: a caller of one tenant sees that tenant's records.
        var tenant = query.Tenant ?? caller.Tenant;
        if (caller.Tenant is not null && tenant != caller.Tenant)
        {
            return Missing(tenant!);
        }

        if (CheckAudit(query) is { } bad)
        {
            return bad;
        }

        // What this silo has counted before the question is in the answer.
        await engine.TakeOwnUsageAsync().ConfigureAwait(false);
        var found = await engine.Reads.AuditAsync(query, tenant, cancellation).ConfigureAwait(false);
        return new Page<AuditEntry>(found, found.Count == query.Limit ? found[^1].Id : null);
    }

    public async ValueTask<Outcome<ChangePage>> PullChangesAsync(ChangeQuery query, CancellationToken cancellation = default)
    {
        var filter = Filter(query);
        if (!filter.IsOk)
        {
            return filter.Rejection;
        }

        var from = query.Cursor is null ? new ChangePoint((ulong)await engine.Reads.OldestAsync(cancellation).ConfigureAwait(false)) : filter.Value.After;
        return await PullAsync(from, query.Limit, filter.Value, cancellation).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<Outcome<Change>> WatchChangesAsync(
        ChangeQuery query, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var filter = Filter(query);
        if (!filter.IsOk)
        {
            yield return filter.Rejection;
            yield break;
        }

        var after = query.Cursor is null ? new ChangePoint((ulong)Relay.Sequence) : filter.Value.After;
        while (!cancellation.IsCancellationRequested)
        {
            var page = await PullAsync(after, 1_000, filter.Value, cancellation).ConfigureAwait(false);
            if (!page.IsOk)
            {
                // INVARIANT R3: who is too slow is told, and starts over; nobody waits for it.
                yield return page.Rejection;
                yield break;
            }

            foreach (var change in page.Value.Changes)
            {
                yield return change;
            }

            var next = ChangePoint.Parse(page.Value.Next)!.Value;
            if (next == after)
            {
                await Relay.WaitAsync((long)after.Sequence + 1, cancellation).ConfigureAwait(false);
            }

            after = next;
        }
    }

    private async ValueTask<Outcome<ChangePage>> PullAsync(ChangePoint from, int limit, ChangeFilter filter, CancellationToken cancellation)
    {
        var head = Relay.Sequence;
        var after = (long)from.Sequence;
        if (after > head && after <= await engine.Reads.HeadAsync(cancellation).ConfigureAwait(false))
        {
            // INVARIANT R3: a place that another silo has given, ahead of this one: nothing is lost, and nothing after it is known here yet.
            return new ChangePage([], from.ToString());
        }

        if (after > head || after < await engine.Reads.OldestAsync(cancellation).ConfigureAwait(false))
        {
            return Gap;
        }

        var changes = new List<Change>();
        for (var looked = 0; looked < ChangesLookedAt && changes.Count < limit;)
        {
            var found = await engine.Reads.ChangesAsync(after, head, 256, cancellation).ConfigureAwait(false);
            if (found.Count == 0)
            {
                break;
            }

            // INVARIANT R3: each sequence has a row; one that is gone was trimmed since the look above.
            if (found[0].Sequence != after + 1)
            {
                return Gap;
            }

            looked += found.Count;

            // A command is given whole; a subscriber that was cut off inside of one goes on there.
            foreach (var command in found)
            {
                if (changes.Count >= limit)
                {
                    break;
                }

                for (var i = after == (long)from.Sequence ? from.EventsTaken : 0; i < command.Events.Length; i++)
                {
                    if (filter.Takes(command.Events[i]) || IsOfGrantTo(filter, command.Events[i]))
                    {
                        changes.Add(ChangeText.Of((ulong)command.Sequence, command.Events, i, command.At, command.By, command.Revision));
                    }
                }

                after = command.Sequence;
            }
        }

        return new ChangePage(changes, new ChangePoint((ulong)after).ToString());
    }

    // INVARIANT T1: either side of a trust grant hears of all that happens to it, its end above all.
    private bool IsOfGrantTo(ChangeFilter filter, FabricEvent e)
    {
        if (filter.Tenant is null || e.Node.Kind != NodeKind.Trust || !filter.TakesBesideTenant(e))
        {
            return false;
        }

        lock (Directory.Gate)
        {
            return Names.ParseId(e.Node.Id) is { } id && Directory.Trusts.TryGetValue(id, out var trust) && trust.Grantee == filter.Tenant;
        }
    }

    private Outcome<ChangeFilter> Filter(ChangeQuery query)
    {
        if ((caller.Role & (Admins | Role.Auditor)) == 0)
        {
            return Refuse(Admins | Role.Auditor, caller.Tenant)!;
        }

        if (query.Limit is < 1 or > 1_000)
        {
            return new Rejection(Codes.InvalidField, "limit", "a page has 1 to 1,000 items");
        }

        // INVARIANT T1: a caller of one tenant sees that tenant's changes.
        var tenant = query.Tenant ?? caller.Tenant;
        if (caller.Tenant is not null && tenant != caller.Tenant)
        {
            return Missing(tenant!);
        }

        NodeRef? node = null;
        if (query.Node is not null)
        {
            var read = NodeWire.Read(query.Node);
            if (!read.IsOk)
            {
                return read.Rejection;
            }

            node = read.Value;
        }

        var after = query.Cursor switch
        {
            null => default(ChangePoint),
            ChangeQuery.Now => new ChangePoint((ulong)Relay.Sequence),
            _ => ChangePoint.Parse(query.Cursor),
        };
        return after is { } point
            ? new ChangeFilter(point, tenant, node, query.Kinds)
            : new Rejection(Codes.InvalidField, "cursor", "the cursor is not one of this fabric's");
    }

    // What a revocation would hit: every live session with the node in its lineage.
    private async ValueTask<Outcome<Receipt>> BlastRadiusAsync(NodeRef node, CancellationToken cancellation)
    {
        if (node.Kind == NodeKind.Credential)
        {
            return await BlastRadiusOfCredentialsAsync(node.Tenant, [Names.ParseId(node.Id)!.Value], cancellation).ConfigureAwait(false);
        }

        var (handle, hits, now) = (Parts.Handles.Of(node), new List<SessionState>(), Now);
        for (var after = UInt128.Zero; ;)
        {
            var rows = await engine.Reads.SessionsAsync(handle, after, PageOfSessions, cancellation).ConfigureAwait(false);
            hits.AddRange(rows.Select(row => row.State).Where(state => StatusOf(state, now) is SessionStatus.Active or SessionStatus.Requested));
            if (rows.Count < PageOfSessions)
            {
                break;
            }

            after = rows[^1].State.Id;
        }

        var credentials = await engine.Reads.LiveCredentialsAsync(hits.Select(state => state.Id), now, cancellation).ConfigureAwait(false);
        return Radius(hits, hits.Count, credentials);
    }

    private async ValueTask<Outcome<Receipt>> BlastRadiusOfCredentialsAsync(string tenant, UInt128[] ids, CancellationToken cancellation)
    {
        var now = Now;
        var credentials = await engine.Reads.KnownCredentialsAsync(ids, now, cancellation).ConfigureAwait(false);
        var sessions = await engine.Reads.SessionsAsync([.. credentials.Select(item => item.Session).Distinct()], cancellation).ConfigureAwait(false);
        var hits = sessions.Values.Where(state => state.Tenant == tenant && StatusOf(state, now) is SessionStatus.Active or SessionStatus.Requested).ToList();
        return Radius(hits, 0, credentials);
    }

    private Outcome<Receipt> Radius(List<SessionState> hits, long sessions, List<(UInt128 Id, UInt128 Session)> credentials)
    {
        var byId = hits.ToDictionary(state => state.Id);
        var alive = credentials.Count(item => byId.TryGetValue(item.Session, out var state)
            && !IsRevoked(Parts.Handles.OfId(NodeKind.Credential, Parts.Handles.OfTenant(state.Tenant), item.Id)));
        var tools = hits.SelectMany(state => state.ReadScopes().Entries.ToArray()).Select(entry => entry.Tool).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new Receipt(
            Revision, "dry_run", false, Now.ToDateTimeOffset(), null, new ClosedClasses(false, false, false), [], [], [], [], null,
            new BlastRadius(
                sessions, alive, hits.Select(state => (state.Tenant, state.Agent)).Distinct().Count(), [.. tools.Take(NamesMax)],
                [.. hits.Select(state => state.Tenant).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(NamesMax)]));
    }
}
