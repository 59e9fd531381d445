using System.Runtime.CompilerServices;
using Fabric.Contracts.Changes;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Embedded.Engine;
using Fabric.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    // Transactions that one pull looks at (B1).
    private const int ChangesLookedAt = 10_000;

    public ValueTask<Outcome<ChangePage>> PullChangesAsync(ChangeQuery query, CancellationToken cancellation = default)
    {
        var filter = Filter(query);
        if (!filter.IsOk)
        {
            return new(filter.Rejection);
        }

        return new(Pull(query.Cursor is null ? new ChangePoint(engine.Changes.Oldest) : filter.Value.After, query.Limit, filter.Value));
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

        var after = query.Cursor is null ? new ChangePoint(engine.Changes.Head) : filter.Value.After;
        while (!cancellation.IsCancellationRequested)
        {
            var page = Pull(after, 1_000, filter.Value);
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
                await engine.Changes.WaitAsync(after.Sequence, cancellation).ConfigureAwait(false);
            }

            after = next;
        }
    }

    private Outcome<ChangePage> Pull(ChangePoint from, int limit, ChangeFilter filter)
    {
        var after = from.Sequence;
        var found = new List<(ulong Sequence, Transaction Transaction)>();
        var changes = new List<Change>();
        for (var looked = 0; looked < ChangesLookedAt && changes.Count < limit; looked += found.Count)
        {
            found.Clear();
            if (!engine.Changes.TryRead(after, 256, found))
            {
                return new Rejection(Codes.CursorGap, "cursor", "the cursor lies outside what is retained: read the state anew and go on from now");
            }

            if (found.Count == 0)
            {
                break;
            }

            // A transaction is given whole; a subscriber that was cut off inside of one goes on there.
            foreach (var (sequence, transaction) in found)
            {
                if (changes.Count >= limit)
                {
                    break;
                }

                for (var i = after == from.Sequence ? from.EventsTaken : 0; i < transaction.Events.Count; i++)
                {
                    if (filter.Takes(transaction.Events[i]) || IsOfGrantTo(filter, transaction.Events[i]))
                    {
                        changes.Add(ChangeText.Of(sequence, transaction.Events, i, transaction.At, transaction.By, transaction.RevisionAfter));
                    }
                }

                after = sequence;
            }
        }

        return new ChangePage(changes, new ChangePoint(after).ToString());
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
            ChangeQuery.Now => new ChangePoint(engine.Changes.Head),
            _ => ChangePoint.Parse(query.Cursor),
        };
        return after is { } point
            ? new ChangeFilter(point, tenant, node, query.Kinds)
            : new Rejection(Codes.InvalidField, "cursor", "the cursor is not one of this fabric's");
    }

    // INVARIANT T1: either side of a trust grant hears of all that happens to it, its end above all.
    private bool IsOfGrantTo(ChangeFilter filter, FabricEvent e)
    {
        if (filter.Tenant is null || e.Node.Kind != NodeKind.Trust || !filter.TakesBesideTenant(e))
        {
            return false;
        }

        lock (Ledger.Gate)
        {
            return Names.ParseId(e.Node.Id) is { } id && World.Trusts.TryGetValue(id, out var trust) && trust.Grantee == filter.Tenant;
        }
    }
}
