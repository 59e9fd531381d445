using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Fabric.Contracts.Changes;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
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

        return new(Pull(query.Cursor is null ? engine.Changes.Oldest : filter.Value.After, query.Limit, filter.Value));
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

        var after = query.Cursor is null ? engine.Changes.Head : filter.Value.After;
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

            var next = ParseCursor(page.Value.Next)!.Value;
            if (next == after)
            {
                await engine.Changes.WaitAsync(after, cancellation).ConfigureAwait(false);
            }

            after = next;
        }
    }

    private Outcome<ChangePage> Pull(ulong after, int limit, ChangeFilter filter)
    {
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

            // A transaction is given whole, so that a cursor never stands inside of one.
            foreach (var (sequence, transaction) in found)
            {
                if (changes.Count >= limit)
                {
                    break;
                }

                changes.AddRange(transaction.Events.Where(filter.Takes).Select(e => ChangeOf(sequence, transaction, e)));
                after = sequence;
            }
        }

        return new ChangePage(changes, FormatCursor(after));
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

        return query.Cursor is { } cursor && ParseCursor(cursor) is null
            ? new Rejection(Codes.InvalidField, "cursor", "the cursor is not one of this fabric's")
            : new ChangeFilter(query.Cursor is null ? 0 : ParseCursor(query.Cursor)!.Value, tenant, node, query.Kinds);
    }

    private static Change ChangeOf(ulong sequence, Transaction transaction, FabricEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            e.Describe(json);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return new Change(
            FormatCursor(sequence), e.Kind, NodeWire.Write(e.Node), transaction.At.ToDateTimeOffset(), transaction.By, transaction.Revision,
            document.RootElement.Clone());
    }

    private static string FormatCursor(ulong sequence) => $"c{sequence}";

    private static ulong? ParseCursor(string cursor) =>
        cursor.StartsWith('c') && ulong.TryParse(cursor.AsSpan(1), System.Globalization.NumberStyles.None, null, out var sequence) ? sequence : null;

    private sealed record ChangeFilter(ulong After, string? Tenant, NodeRef? Node, IReadOnlyList<string>? Kinds)
    {
        internal bool Takes(FabricEvent e) =>
            e is not (QuotaDrawn or QuotaReturned)
            && (Tenant is null || e.Node.Tenant == Tenant || (e is Core.Trust.TrustProposed proposed && proposed.Grantee == Tenant)
                || (e is Core.Trust.TrustAccepted accepted && accepted.Grantee == Tenant))
            && (Node is null || e.Node == Node)
            && (Kinds is null || Kinds.Count == 0 || Kinds.Contains(e.Kind, StringComparer.Ordinal));
    }
}
