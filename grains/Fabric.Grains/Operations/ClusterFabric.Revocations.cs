using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Trust;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Engine.Wire;
using Fabric.Grains.Entities;
using Fabric.Grains.Feed;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Operations;

internal sealed partial class ClusterFabric
{
    public async ValueTask<Outcome<Receipt>> RevokeAsync(RevokeRequest request, CancellationToken cancellation = default)
    {
        if ((CheckWait(request.Wait, request.TimeoutMs) ?? Names.CheckText("reason", request.Reason)
            ?? Names.CheckText("idempotencyKey", request.IdempotencyKey)) is { } bad)
        {
            return bad;
        }

        if (request.Credentials is not null == request.Node is not null)
        {
            return new Rejection(Codes.InvalidField, "node", "either a node or a list of credentials is revoked");
        }

        return request.Credentials is not null
            ? await RevokeCredentialsAsync(request, cancellation).ConfigureAwait(false)
            : await RevokeNodeAsync(request, cancellation).ConfigureAwait(false);
    }

    public async ValueTask<Outcome<TrustInfo>> ProposeTrustAsync(string tenant, ProposeTrust command, CancellationToken cancellation = default)
    {
        var scopes = ScopeWire.Read(command.Scopes);
        if ((Refuse(Admins, tenant) ?? Names.CheckId("grantee", command.Grantee) ?? scopes.Rejection ?? Known(tenant) ?? Known(command.Grantee)
            ?? RoomForTrust(tenant, command.Grantee)) is { } refused)
        {
            return refused;
        }

        var now = Now;
        var id = Parts.NextId(now);
        return await ChangedAsync(
            () => TenantGrain(tenant).ProposeTrustAsync(caller.Name, id, command.Grantee, BytesOf(scopes.Value), Instant.From(command.ExpiresAt).UnixMs),
            revision => InfoWire.Trust(Directory.Trusts[id], now, revision)).ConfigureAwait(false);
    }

    private Rejection? RoomForTrust(string grantor, string grantee)
    {
        lock (Directory.Gate)
        {
            var given = Directory.Tenants[grantor].Trusts.Where(trust => trust.Grantor == grantor).ToList();
            return CountLimits.Refuse(given.Count, Counts.TrustGrants, grantor, "trust grants of the tenant")
                ?? CountLimits.Refuse(given.Count(trust => trust.Grantee == grantee), Counts.TrustGrantsToOne, grantee, "trust grants to this tenant");
        }
    }

    public async ValueTask<Outcome<TrustInfo>> AcceptTrustAsync(string tenant, string trust, CancellationToken cancellation = default)
    {
        if (Refuse(Admins, tenant, trust) is { } refused)
        {
            return refused;
        }

        string grantor;
        UInt128 id;
        lock (Directory.Gate)
        {
            if (Names.ParseId(trust) is not { } parsed || !Directory.Trusts.TryGetValue(parsed, out var state) || (state.Grantee != tenant && state.Grantor != tenant))
            {
                return Missing(trust);
            }

            (id, grantor) = (parsed, state.Grantor);
        }

        return await ChangedAsync(
            () => TenantGrain(grantor).AcceptTrustAsync(caller.Name, id, tenant),
            revision => InfoWire.Trust(Directory.Trusts[id], Now, revision)).ConfigureAwait(false);
    }

    public ValueTask<Outcome<Page<TrustInfo>>> ListTrustAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        if ((Refuse(Readers, tenant) ?? CheckPage(query)) is { } refused)
        {
            return new(refused);
        }

        lock (Directory.Gate)
        {
            if (Directory.Tenant_NeedsLock(tenant) is not { } card)
            {
                return new(Missing(tenant));
            }

            var now = Now;
            var after = Names.ParseId(query.Cursor) ?? UInt128.Zero;
            var items = card.Trusts.Where(trust => trust.Id > after).OrderBy(trust => trust.Id).Take(query.Limit + 1)
                .Select(trust => InfoWire.Trust(trust, now, Revision)).ToList();
            return new(items.Count > query.Limit
                ? new Page<TrustInfo>(items[..query.Limit], items[query.Limit - 1].Id)
                : new Page<TrustInfo>(items, null));
        }
    }

    private async ValueTask<Outcome<Receipt>> RevokeNodeAsync(RevokeRequest request, CancellationToken cancellation)
    {
        var read = NodeWire.Read(request.Node);
        if (!read.IsOk)
        {
            return read.Rejection;
        }

        var node = read.Value;
        var single = node.Kind is NodeKind.Session or NodeKind.Credential;
        if (request.Mode is not (null or "terminal" or "generation") || (single && request.Mode == "generation"))
        {
            return new Rejection(Codes.InvalidField, "mode", "a mode is `terminal` or, for tenants, users, agents and trust grants, `generation`");
        }

        if (await RefuseEndingAsync(node).ConfigureAwait(false) is { } refused)
        {
            return refused;
        }

        if (request.DryRun)
        {
            return await BlastRadiusAsync(node, cancellation).ConfigureAwait(false);
        }

        if (node.Kind == NodeKind.Credential)
        {
            return await RevokeCredentialsAsync(request with { Node = null, Tenant = node.Tenant, Credentials = [node.Id] }, cancellation).ConfigureAwait(false);
        }

        var terminal = single || request.Mode == "terminal";
        var now = Now;

        // A name of its own where it has none: it may be run again, and must raise a generation once.
        var named = RequestNames.Of(request, caller.Name, implicitly: terminal);
        var name = named == UInt128.Zero ? RandomId.Next() : named;
        var unknown = UnknownOf(node);
        var end = new EndCommand(caller.Name, terminal, terminal ? "revoked" : "generation", request.Reason, name, caller.Tenant == node.Tenant);
        return With(
            await StoreAsync(node.Tenant, () => EndAsync(node, end), name, unknown is null ? DenialsOf(node, end, now) : NoDenials, now, request.Wait, request.TimeoutMs, cancellation)
                .ConfigureAwait(false),
            unknown);
    }

    // INVARIANT D1: what storage has not taken is denied ahead of it, and its receipt says `partial` and not durable.
    // INVARIANT R5: a name stands once in the order, so a request is carried out first and looked for only when it turns out not to be new: most are. `inParts`: the name stands on the last of
    // several entries, so it is looked for before the first one.
    private async ValueTask<Outcome<Receipt>> StoreAsync(
        string tenant, Func<ValueTask<Outcome<Reply>>> store, UInt128 name, Func<IReadOnlyList<IndexRecord>> denials, Instant now, string wait, int timeoutMs,
        CancellationToken cancellation, bool inParts = false)
    {
        var lookFirst = inParts;
        var patience = TimeSpan.FromMilliseconds(wait == "confirmed" ? timeoutMs : 0);
        var stored = await Parts.Early.RunAsync(tenant, OnceAsync, denials, patience > EarlyDenials.TellAfter ? patience : EarlyDenials.TellAfter).ConfigureAwait(false);
        return stored is not { } known ? NotStored(now)
            : !known.IsOk ? known.Rejection
            : await ReceiptAsync(known.Value.Revision, known.Value.IsAgain ? null : now, wait, timeoutMs, cancellation).ConfigureAwait(false);

        async Task<Outcome<(ulong Revision, bool IsAgain)>> OnceAsync()
        {
            var done = lookFirst ? await engine.Reads.RequestAsync(name, CancellationToken.None).ConfigureAwait(false) : Outcome<ulong?>.Of(null);
            if (!done.IsOk || done.Value is not null)
            {
                return done.IsOk ? (done.Value!.Value, true) : done.Rejection;
            }

            // Run again, nobody knows what became of it the first time.
            lookFirst = true;
            var reply = await store().ConfigureAwait(false);
            if (reply is { IsOk: true, Value.Sequence: not 0 })
            {
                return (reply.Value.Revision, false);
            }

            if (!reply.IsOk && reply.Rejection.Code == Codes.StorageUnavailable && reply.Rejection != LogClient.Conflict)
            {
                return reply.Rejection;
            }

            // Nothing had to change, or it was refused: the same request may have been carried out before, or by another caller meanwhile.
            done = await engine.Reads.RequestAsync(name, CancellationToken.None).ConfigureAwait(false);
            return !done.IsOk ? done.Rejection
                : done.Value is { } before ? (before, true)
                : reply.IsOk ? (await RevisionOfAsync(reply.Value).ConfigureAwait(false), false)
                : reply.Rejection;
        }
    }

    // It has no place in the order yet: revision 0, which no look-up finds. The same request again tells its revision.
    private Receipt NotStored(Instant now) => new(
        0, "partial", Durable: false, now.ToDateTimeOffset(), null, new ClosedClasses(false, false, false), [], [], [], [],
        UnleasedUntil);

    // What the node's end will say, by what this silo knows NOW, before it is asked for: later it may know of that end itself, and would raise the generation past it,
    // so that what is issued afterwards was denied. Nor does one that was sent again after it had been carried out: nobody may be there to say so. Empty: it will say nothing new, or be refused.
    private Func<IReadOnlyList<IndexRecord>> DenialsOf(NodeRef node, EndCommand end, Instant now)
    {
        Outcome<NodeRevoked?> decided;
        lock (Directory.Gate)
        {
            decided = Directory.HasCarriedOut_NeedsLock(end.Request)
                ? Outcome<NodeRevoked?>.Of(null)
                : NodeEnding.Decide(node, node.Kind == NodeKind.Session ? null : Directory.Standing_NeedsLock(node), end, Parts.Handles, now);
        }

        return () =>
        {
            var records = new List<IndexRecord>();
            if (decided is { IsOk: true, Value: { } revoked })
            {
                IndexRecords.Add(revoked, Relay.Index, Parts.Handles, records);
            }

            return records;
        };
    }

    // Ids that this fabric never made for this tenant: what was meant may live on, under another tenant or id.
    private UnknownIds? UnknownOf(NodeRef node)
    {
        if (node.Kind == NodeKind.Session)
        {
            Parts.Handles.OfId(node.Kind, Parts.Handles.OfTenant(node.Tenant), Names.ParseId(node.Id)!.Value, out var isMarked);
            return isMarked ? null : new UnknownIds(1, [node.Id]);
        }

        lock (Directory.Gate)
        {
            return Directory.Standing_NeedsLock(node) is null ? new UnknownIds(1, [node.Id]) : null;
        }
    }

    private static Outcome<Receipt> With(Outcome<Receipt> receipt, UnknownIds? unknown) =>
        receipt.IsOk && unknown is not null ? receipt.Value with { Unknown = unknown } : receipt;

    // INVARIANT R1: between a caller and the end of a tenant, a user, an agent or a trust grant stands the order alone: no grain that would have to start first, or is placed on a silo which this
    // one does not reach. It is decided on this silo's copy, and the order takes it from the version that it was decided on, or not at all.
    private async ValueTask<Outcome<Reply>> EndAsync(NodeRef node, EndCommand end)
    {
        if (node.Kind == NodeKind.Session)
        {
            return await AskAsync(() => SessionGrain(Names.ParseId(node.Id)!.Value).EndAsync(node.Tenant, end)).ConfigureAwait(false);
        }

        return await OrderAsync(EntityLog.OwnerOf(node), end.By, isAgain => DecideEnd(node, end, isAgain)).ConfigureAwait(false);
    }

    // What is decided on this silo's copy goes to the order with the version that it was decided on. Of two such decisions one goes on, and the other decides again on what this silo did not know yet.
    private async ValueTask<Outcome<Reply>> OrderAsync(string owner, string by, Func<bool, Outcome<Decided>> decide)
    {
        for (var tries = 1; ; tries++)
        {
            var decided = decide(tries > 1);
            if (decided is not { IsOk: true, Value: { Event: { } happened } decision })
            {
                return decided.IsOk ? Reply.Unchanged() : decided.Rejection;
            }

            var logged = await Parts.Client.AppendAsync(
                Parts.NextId(decision.At), by, decision.At, [happened], owner, decision.Version, hold: decision.Hold).ConfigureAwait(false);
            if (logged.IsOk || logged.Rejection != LogClient.Conflict || tries == TriesMax)
            {
                return logged.IsOk ? Reply.Of(logged.Value) : logged.Rejection;
            }

            // It is in the order, and here in a moment.
            await AppliedAsync((await Parts.Log.HeadAsync().ConfigureAwait(false)).Sequence).ConfigureAwait(false);
        }
    }

    // Without an event: nothing has to change.
    private Outcome<Decided> DecideEnd(NodeRef node, EndCommand end, bool isAgain)
    {
        lock (Directory.Gate)
        {
            if (isAgain && Directory.HasCarriedOut_NeedsLock(end.Request))
            {
                return LogClient.Conflict;
            }

            var (standing, now) = (Directory.Standing_NeedsLock(node), Now);
            if (node.Kind == NodeKind.Tenant && standing is null)
            {
                return Missing(node.Id);
            }

            var decided = NodeEnding.Decide(node, standing, end, Parts.Handles, now);
            return decided.IsOk
                ? new Decided(decided.Value, now, Directory.VersionOf_NeedsLock(EntityLog.OwnerOf(node)), end.IsHeld && standing is null ? IndexHold.Share : IndexHold.None)
                : decided.Rejection;
        }
    }

    // Either side of a trust grant ends it; all else is ended by its own tenant only (T1).
    private async ValueTask<Rejection?> RefuseEndingAsync(NodeRef node)
    {
        if (node.Kind == NodeKind.Trust && (caller.Role & Admins) != 0 && caller.Tenant is not null)
        {
            lock (Directory.Gate)
            {
                return Directory.Trusts.TryGetValue(Names.ParseId(node.Id)!.Value, out var trust) && trust.Grantor == node.Tenant
                    && (trust.Grantor == caller.Tenant || trust.Grantee == caller.Tenant) ? null : Missing(node.Id);
            }
        }

        // The tenant whose agent received a session ends it, and so does the tenant that it was delegated from.
        if (node.Kind == NodeKind.Session && (caller.Role & Admins) != 0 && caller.Tenant is { } own && own != node.Tenant)
        {
            var found = await ReadAsync(Names.ParseId(node.Id)!.Value).ConfigureAwait(false);
            return found.IsOk && found.Value.State.Tenant == node.Tenant
                && found.Value.State.ComesFrom(NodeKind.Tenant, Parts.Handles.OfTenant(own)) ? null : Missing(node.Id);
        }

        return Refuse(Admins, node.Tenant, node.Id);
    }

    private sealed record Decided(FabricEvent? Event, Instant At, long Version, IndexHold Hold);
}
