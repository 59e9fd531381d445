using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Sessions;
using Fabric.Embedded.Engine;
using Fabric.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    // Credentials that are revoked under one hold of the lock: well under a millisecond, so that a storm slows nobody (R5). Not more than fit in one
    // frame of the feed, so that each edge applies and acknowledges them at once.
    private const int TombstonesAtOnce = 4_000;

    public ValueTask<Outcome<Receipt>> RevokeAsync(RevokeRequest request, CancellationToken cancellation = default)
    {
        if ((CheckWait(request.Wait, request.TimeoutMs) ?? Names.CheckText("reason", request.Reason)
            ?? Names.CheckText("idempotencyKey", request.IdempotencyKey)) is { } bad)
        {
            return new(bad);
        }

        if (request.Credentials is not null == request.Node is not null)
        {
            return new(new Rejection(Codes.InvalidField, "node", "either a node or a list of credentials is revoked"));
        }

        return request.Credentials is not null ? RevokeCredentials(request, cancellation) : RevokeNode(request, cancellation);
    }

    public ValueTask<Outcome<Receipt>> GetReceiptAsync(ulong revision, string wait = "accepted", int timeoutMs = 0, CancellationToken cancellation = default)
    {
        if ((Refuse(Readers | Role.EnforcementPoint | Role.Agent, caller.Tenant) ?? CheckWait(wait, timeoutMs)) is { } bad)
        {
            return new(bad);
        }

        return revision == 0 || revision > Ledger.Revision
            ? new(new Rejection(Codes.NotFound, revision.ToString(), "no change has this revision"))
            : Receipts(revision, null, wait, timeoutMs, cancellation);
    }

    private ValueTask<Outcome<Receipt>> RevokeNode(RevokeRequest request, CancellationToken cancellation)
    {
        var read = NodeWire.Read(request.Node);
        if (!read.IsOk)
        {
            return new(read.Rejection);
        }

        var node = read.Value;
        var single = node.Kind is NodeKind.Session or NodeKind.Credential;
        if (request.Mode is not (null or "terminal" or "generation") || (single && request.Mode == "generation"))
        {
            return new(new Rejection(Codes.InvalidField, "mode", "a mode is `terminal` or, for tenants, users, agents and trust grants, `generation`"));
        }

        if (RefuseEnding(node) is { } refused)
        {
            return new(refused);
        }

        if (request.DryRun)
        {
            return BlastRadius(node, cancellation);
        }

        if (node.Kind == NodeKind.Credential)
        {
            return RevokeCredentials(request with { Node = null, Tenant = node.Tenant, Credentials = [node.Id] }, cancellation);
        }

        var terminal = single || request.Mode == "terminal";
        var key = RequestNames.Of(request, caller.Name, implicitly: terminal);
        lock (Ledger.Gate)
        {
            var known = World.Requests.Find(key);
            if (!known.IsOk)
            {
                return new(known.Rejection);
            }

            if (known.Value is { } revision)
            {
                return WithUnknown(Receipts(revision, null, request.Wait, request.TimeoutMs, cancellation), node, World.IsKnown(node));
            }

            var (events, now) = (new List<NodeRevoked>(), Now);
            return Decide_NeedsLock(node, World.Standing(node), terminal, terminal ? "revoked" : "generation", request.Reason, now, events, key) is { } bad
                ? new(bad)
                : WithUnknown(Revoked_NeedsLock(events, now, request.Wait, request.TimeoutMs, cancellation), node, World.IsKnown(node));
        }
    }

    private static async ValueTask<Outcome<Receipt>> WithUnknown(ValueTask<Outcome<Receipt>> receipt, NodeRef node, bool isKnown) =>
        With(await receipt.ConfigureAwait(false), isKnown ? null : new UnknownIds(1, [node.Id]));

    // Either side of a trust grant ends it; all else is ended by its own tenant only (T1).
    private Rejection? RefuseEnding(NodeRef node)
    {
        if (node.Kind == NodeKind.Trust && (caller.Role & Admins) != 0 && caller.Tenant is not null)
        {
            lock (Ledger.Gate)
            {
                return World.Trusts.TryGetValue(Names.ParseId(node.Id)!.Value, out var trust) && trust.Grantor == node.Tenant
                    && (trust.Grantor == caller.Tenant || trust.Grantee == caller.Tenant) ? null : Missing(node.Id);
            }
        }

        // The tenant whose agent received a session ends it, and so does the tenant that it was delegated from.
        if (node.Kind == NodeKind.Session && (caller.Role & Admins) != 0 && caller.Tenant is { } own && own != node.Tenant)
        {
            lock (Ledger.Gate)
            {
                return World.Session(Names.ParseId(node.Id)!.Value) is { } state && state.Tenant == node.Tenant
                    && state.ComesFrom(NodeKind.Tenant, World.Handles.OfTenant(own)) ? null : Missing(node.Id);
            }
        }

        return Refuse(node.Kind == NodeKind.Tenant ? Role.Operator | Role.TenantAdmin : Admins, node.Tenant, node.Id);
    }

    private Rejection? Decide_NeedsLock(
        NodeRef target, NodeStanding? standing, bool terminal, string mode, string? reason, Instant now, List<NodeRevoked> events, UInt128 key = default)
    {
        if (standing is null && target.Kind == NodeKind.Tenant)
        {
            return Missing(target.Id);
        }

        // Sessions end with their record; everything else lives at most as long as a session that was opened under it a moment ago.
        if (target.Kind == NodeKind.Session && World.Session(Names.ParseId(target.Id)!.Value) is { } session)
        {
            if (session.Tenant != target.Tenant)
            {
                return Missing(target.Id);
            }

            events.Add(SessionEnd.Revocation(session, mode, reason ?? mode, key));
            return null;
        }

        var dropAfter = now + Limits.SessionLifetimeMax + Limits.ApprovalWaitMax + Limits.ClockSkew + Limits.ClockSkew;
        var decided = NodeDecider.Revoke(standing, new RevokeNode(target, World.Handles.Of(target), terminal, mode, reason, dropAfter, key));
        if (!decided.IsOk)
        {
            return decided.Rejection;
        }

        if (decided.Value is { } revoked)
        {
            events.Add(revoked);
        }

        return null;
    }

    private ValueTask<Outcome<Receipt>> Revoked_NeedsLock(
        List<NodeRevoked> revoked, Instant now, string wait, int timeoutMs, CancellationToken cancellation)
    {
        if (revoked.Count == 0)
        {
            // Ended before: the receipt of what holds now (R5).
            return Receipts(Ledger.Revision, null, wait, timeoutMs, cancellation);
        }

        var first = revoked[0].Target;
        if (!IsOfDirectory_NeedsLock(first) && RefuseShare_NeedsLock(first.Tenant!, revoked.Count, World.IsKnown(first) ? 0 : 1) is { } full)
        {
            return new(full);
        }

        var events = new List<Core.Journal.FabricEvent>(revoked.Count + 1);
        events.AddRange(revoked);
        if (revoked[0].Target.Kind == NodeKind.Session && World.Session(Names.ParseId(revoked[0].Target.Id)!.Value) is { IsLive: true } session)
        {
            events.Add(new SessionEnded(session.Id, session.Tenant, SessionStatus.Revoked, revoked[0].Reason));
        }

        var committed = Ledger.Emit_NeedsLock(caller.Name, now, events, reserved: true);
        engine.Sweeper.Wake();
        return Receipt_NeedsLock(committed, now, wait, timeoutMs, cancellation);
    }

    private async ValueTask<Outcome<Receipt>> RevokeCredentials(RevokeRequest request, CancellationToken cancellation)
    {
        if ((Names.CheckId("tenant", request.Tenant) ?? (caller.Owns(request.Tenant, request.Credentials!) ? null : Refuse(Admins, request.Tenant))) is { } refused)
        {
            return refused;
        }

        if (request.Credentials!.Count is 0 or > Limits.RevocationBatchMax)
        {
            return new Rejection(Codes.TooLarge, "credentials", $"1 to {Limits.RevocationBatchMax} credentials are revoked at once");
        }

        var ids = new UInt128[request.Credentials.Count];
        for (var i = 0; i < ids.Length; i++)
        {
            if (Names.ParseId(request.Credentials[i]) is not { } id)
            {
                return new Rejection(Codes.InvalidField, $"credentials[{i}]", "a credential's id has 32 lower-case hex digits");
            }

            ids[i] = id;
        }

        if (request.DryRun)
        {
            return await BlastRadiusOfCredentials(request.Tenant!, ids, cancellation).ConfigureAwait(false);
        }

        return await Tombstones(request, ids, cancellation).ConfigureAwait(false);
    }

    // The ids that the fabric made come first, and those that it never made cannot keep them from being revoked: where there is no room for such, they are left out.
    private async ValueTask<Outcome<Receipt>> Tombstones(RevokeRequest request, UInt128[] ids, CancellationToken cancellation)
    {
        var key = RequestNames.Of(request, caller.Name, implicitly: true, ids);
        var (handles, known) = KnownFirst.Order(World.Handles, request.Tenant!, ids);
        var unknown = known == ids.Length
            ? null
            : new UnknownIds(ids.Length - known, [.. ids.Skip(known).Take(Limits.UnknownIdsListedMax).Select(id => Names.FormatId(id))]);
        (Committed Committed, Instant At)? done = null;
        for (int from = 0, count; from < ids.Length; from += count)
        {
            var rest = (from < known ? known : ids.Length) - from;
            count = Math.Min(TombstonesAtOnce, rest);
            var decidedAt = Now;
            // The key stands on the last part only: a request that was cut short is carried out again, not taken for done.
            var decided = CredentialDecider.Revoke(
                request.Tenant!, new ArraySegment<UInt128>(ids, from, count), request.Reason, from + count == ids.Length ? key : UInt128.Zero, decidedAt);
            if (!decided.IsOk)
            {
                return decided.Rejection;
            }

            var tombstones = new Tombstones(IndexRecords.Tombstones(handles.AsSpan(from, count), decided.Value.DropAfter), from < known ? 0 : count);
            lock (Ledger.Gate)
            {
                var before = from == 0 ? Done_NeedsLock(request.Tenant!, key) : Outcome<ulong?>.Of(null);
                if (!before.IsOk)
                {
                    return before.Rejection;
                }

                if (before.Value is { } revision)
                {
                    done = (new Committed(0, revision, Task.FromResult(true)), default);
                    break;
                }

                // Each kind of ids is asked for as a whole before its first part, and each part again: others revoke meanwhile.
                var committed = Record_NeedsLock(decided.Value, tombstones, from == 0 || from == known ? rest : count, decidedAt);
                if (committed.IsOk)
                {
                    done = (committed.Value, decidedAt);
                }
                else if (from < known || done is null || committed.Rejection.Code != Codes.LimitReached)
                {
                    return committed.Rejection;
                }
                else
                {
                    unknown = unknown! with { Recorded = false };
                    break;
                }
            }
        }

        return With(await ReceiptOf(done!.Value, request, cancellation).ConfigureAwait(false), unknown);
    }

    private Outcome<Committed> Record_NeedsLock(CredentialsRevoked revoked, Tombstones tombstones, int asked, Instant now) =>
        RefuseShare_NeedsLock(revoked.Tenant, asked, tombstones.Unknown > 0 ? asked : 0) is { } full
            ? full
            : Ledger.Emit_NeedsLock(caller.Name, now, [revoked], reserved: true, tombstones);

    // Of what was done now; or before (no moment), and then as it stands.
    private ValueTask<Outcome<Receipt>> ReceiptOf((Committed Committed, Instant At) done, RevokeRequest request, CancellationToken cancellation) => done.At == default
        ? Receipts(done.Committed.Revision, null, request.Wait, request.TimeoutMs, cancellation)
        : Receipts(done.Committed.Revision, done.Committed.Durable, request.Wait, request.TimeoutMs, cancellation, done.At);

    private Outcome<ulong?> Done_NeedsLock(string tenant, UInt128 key) => World.Tenant(tenant) is null ? Missing(tenant) : World.Requests.Find(key);

    private static Outcome<Receipt> With(Outcome<Receipt> receipt, UnknownIds? unknown) =>
        receipt.IsOk && unknown is not null ? receipt.Value with { Unknown = unknown } : receipt;

    // INVARIANT B1: a tenant's revocations take its own share of the index. Operators are not held by it; nor is who ends what another tenant's node
    // gave it or got from it, of which there is one record each. The share is counted at the moment by which the index is swept: a wall clock that jumps
    // ahead frees neither.
    private Rejection? RefuseShare_NeedsLock(string tenant, int records, int unknown) =>
        caller.Tenant == tenant && World.Tenant(tenant) is { } entry
            ? entry.Share.Refuse(engine.Options.Counts.Index, engine.Index.Count, World.Tenants.Count, records, unknown, tenant, engine.SweepMoment)
            : null;

    private Rejection? RefuseCompletion_NeedsLock(string tenant) =>
        caller.Tenant == tenant && World.Tenant(tenant) is { } entry
            ? entry.Share.RefuseCompletion(engine.Options.Counts.Index, engine.Index.Count, World.Tenants.Count, tenant, engine.SweepMoment)
            : null;

    // INVARIANT R1: what stands above sessions and credentials, and is known, can always be revoked and locked, whatever the tenant's share has come to: else
    // an agent that is not to be trusted could use it up. That is one record a node, and their number has limits of its own.
    private bool IsOfDirectory_NeedsLock(NodeRef node) => World.Standing(node) is not null;
}
