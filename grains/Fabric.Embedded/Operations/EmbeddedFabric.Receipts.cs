using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Embedded.Engine;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Engine.Wire;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    public ValueTask<Outcome<Receipt>> LockAsync(LockRequest request, CancellationToken cancellation = default)
    {
        var node = NodeWire.Read(request.Node);
        if ((node.Rejection ?? CheckWait(request.Wait, request.TimeoutMs) ?? CheckLockable(node.Value)) is { } bad)
        {
            return new(bad);
        }

        if (Refuse(Admins, node.Value.Tenant, node.Value.Id) is { } refused)
        {
            return new(refused);
        }

        if (request.Until is not null == request.Seconds is not null)
        {
            return new(new Rejection(Codes.InvalidField, "until", "a lock has either `until` or `seconds`"));
        }

        lock (Ledger.Gate)
        {
            var now = Now;
            if (World.Standing(node.Value) is var standing && standing is null && !SessionExists_NeedsLock(node.Value))
            {
                return new(Missing(node.Value.Id));
            }

            var until = request.Until is { } moment ? Instant.From(moment) : now + InfoWire.Seconds(request.Seconds)!.Value;
            var handle = World.Handles.Of(node.Value);
            var decided = NodeDecider.Lock(
                standing, World.Locks.GetValueOrDefault(handle), new LockNode(node.Value, handle, until, request.Reason), caller.Name, now);
            if (decided.IsOk && RefuseLocks_NeedsLock(node.Value, handle) is { } full)
            {
                return new(full);
            }

            return decided.IsOk
                ? Receipt_NeedsLock(Ledger.Emit_NeedsLock(caller.Name, now, [decided.Value], reserved: true), now, request.Wait, request.TimeoutMs, cancellation)
                : new(decided.Rejection);
        }
    }

    public ValueTask<Outcome<Receipt>> UnlockAsync(UnlockRequest request, CancellationToken cancellation = default)
    {
        var node = NodeWire.Read(request.Node);
        if ((node.Rejection ?? Refuse(Admins, node.Value.Tenant, node.Value.Id)) is { } refused)
        {
            return new(refused);
        }

        lock (Ledger.Gate)
        {
            var now = Now;
            var decided = NodeDecider.Unlock(World.Locks.GetValueOrDefault(World.Handles.Of(node.Value)), node.Value, request.Reason, caller.Name, now);
            return decided.IsOk
                ? Receipt_NeedsLock(Commit_NeedsLock(now, decided.Value), now, "accepted", 0, cancellation)
                : new(decided.Rejection);
        }
    }

    public ValueTask<Outcome<Page<LockInfo>>> ListLocksAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if ((Refuse(Readers, tenant) ?? CheckPage(query)) is { } refused)
            {
                return new(refused);
            }

            var now = Now;
            var locks = World.Locks.Values.Where(item => item.Node.Tenant == tenant && item.Until > now)
                .Select(item => (Name: item.Handle.ToString(), Lock: item))
                .Where(item => query.Cursor is null || string.CompareOrdinal(item.Name, query.Cursor) > 0)
                .OrderBy(item => item.Name, StringComparer.Ordinal).Take(query.Limit + 1).ToList();
            var next = locks.Count > query.Limit ? locks[query.Limit - 1].Name : null;
            return new(new Page<LockInfo>(
                [.. locks.Take(query.Limit).Select(item => new LockInfo(
                    NodeWire.Write(item.Lock.Node), item.Lock.Until.ToDateTimeOffset(), item.Lock.Reason, item.Lock.By, item.Lock.LockedAt.ToDateTimeOffset()))],
                next));
        }
    }

    private Rejection? RefuseLocks_NeedsLock(NodeRef node, Handle handle) => caller.Role == Role.Operator || World.Locks.ContainsKey(handle)
        ? null
        : CountLimits.Refuse(World.Tenant(node.Tenant)?.Locks ?? 0, engine.Options.Counts.Locks, node.Tenant!, "locks in the tenant")
            ?? (IsOfDirectory_NeedsLock(node) ? null : RefuseShare_NeedsLock(node.Tenant!, 1, 0));

    private bool SessionExists_NeedsLock(NodeRef node) =>
        node.Kind == NodeKind.Session && World.Session(Names.ParseId(node.Id)!.Value) is { IsLive: true } session && session.Tenant == node.Tenant;

    private ValueTask<Outcome<Receipt>> Receipt_NeedsLock(
        Outcome<Committed> committed, Instant now, string wait, int timeoutMs, CancellationToken cancellation) =>
        committed.IsOk ? Receipts(committed.Value.Revision, committed.Value.Durable, wait, timeoutMs, cancellation, now) : new(committed.Rejection);

    // What a receipt says: durable or not (then never more than `partial`), and who cannot allow any more. Where storage does not take the
    // record, it is in force and on its way to every edge all the same.
    private async ValueTask<Outcome<Receipt>> Receipts(
        ulong revision, Task<bool>? durable, string wait, int timeoutMs, CancellationToken cancellation, Instant? acceptedAt = null)
    {
        var stored = durable is null ? Ledger.IsDurable(revision) : await durable.ConfigureAwait(false);
        var receipt = wait == "confirmed"
            ? await engine.Feed.WaitAsync(revision, TimeSpan.FromMilliseconds(timeoutMs), cancellation).ConfigureAwait(false)
            : engine.Feed.Status(revision);
        stored = stored || Ledger.IsDurable(revision);
        receipt = receipt with { Durable = stored, State = stored ? receipt.State : "partial", UnleasedUntil = engine.UnleasedUntil() };
        receipt = acceptedAt is { } at ? receipt with { AcceptedAt = at.ToDateTimeOffset() } : receipt;

        // INVARIANT T1: a tenant is told how many other enforcement points there are to wait for, not whose they are.
        return caller.Tenant is { } tenant ? ReceiptView.For(receipt, tenant) : receipt;
    }
}
