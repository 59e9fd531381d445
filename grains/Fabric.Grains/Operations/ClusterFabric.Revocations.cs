using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Trust;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Engine.Wire;
using Fabric.Grains.Entities;
using Fabric.Grains.Feed;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Operations;

internal sealed partial class ClusterFabric
{
    // Credentials of one entry: a commit of some milliseconds, so that a storm slows nobody (R5).
    private const int TombstonesAtOnce = 4_000;

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
            await StoreAsync(node.Tenant, () => AskAsync(() => End(node, end)), name, unknown is null ? DenialsOf(node, end, now) : NoDenials, now, request.Wait, request.TimeoutMs, cancellation, named == UInt128.Zero)
                .ConfigureAwait(false),
            unknown);
    }

    // INVARIANT D1: what storage has not taken is denied ahead of it, and its receipt says `partial` and not durable.
    private async ValueTask<Outcome<Receipt>> StoreAsync(
        string tenant, Func<ValueTask<Outcome<Reply>>> store, UInt128 name, Func<IReadOnlyList<IndexRecord>> denials, Instant now, string wait, int timeoutMs,
        CancellationToken cancellation, bool isFresh = false)
    {
        var patience = TimeSpan.FromMilliseconds(wait == "confirmed" ? timeoutMs : 0);
        var stored = await Parts.Early.RunAsync(tenant, OnceAsync, denials, patience > EarlyDenials.TellAfter ? patience : EarlyDenials.TellAfter).ConfigureAwait(false);
        return stored is not { } known ? NotStored(now)
            : !known.IsOk ? known.Rejection
            : await ReceiptAsync(known.Value.Revision, known.Value.IsAgain ? null : now, wait, timeoutMs, cancellation).ConfigureAwait(false);

        async Task<Outcome<(ulong Revision, bool IsAgain)>> OnceAsync()
        {
            // A name that was made here a moment ago has not been carried out before.
            var done = isFresh ? Outcome<ulong?>.Of(null) : await engine.Reads.RequestAsync(name, CancellationToken.None).ConfigureAwait(false);
            isFresh = false;
            if (!done.IsOk || done.Value is not null)
            {
                return done.IsOk ? (done.Value!.Value, true) : done.Rejection;
            }

            var reply = await store().ConfigureAwait(false);
            if (reply.IsOk || reply.Rejection != LogClient.Conflict)
            {
                return !reply.IsOk ? reply.Rejection : (await RevisionOfAsync(reply.Value).ConfigureAwait(false), false);
            }

            // The same request may have been carried out by another caller meanwhile.
            done = await engine.Reads.RequestAsync(name, CancellationToken.None).ConfigureAwait(false);
            return !done.IsOk ? done.Rejection : done.Value is { } other ? (other, true) : reply.Rejection;
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

    private Task<Reply> End(NodeRef node, EndCommand command) => node.Kind switch
    {
        NodeKind.Tenant => TenantGrain(node.Tenant).EndAsync(command),
        NodeKind.User => UserGrain(node.Tenant, node.Id).EndAsync(command),
        NodeKind.Agent => AgentGrain(node.Tenant, node.Id).EndAsync(command),
        NodeKind.Trust => TenantGrain(node.Tenant).EndTrustAsync(Names.ParseId(node.Id)!.Value, command),
        _ => SessionGrain(Names.ParseId(node.Id)!.Value).EndAsync(node.Tenant, command),
    };

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

    private async ValueTask<Outcome<Receipt>> RevokeCredentialsAsync(RevokeRequest request, CancellationToken cancellation)
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
            return await BlastRadiusOfCredentialsAsync(request.Tenant!, ids, cancellation).ConfigureAwait(false);
        }

        if (Known(request.Tenant!) is { } missing)
        {
            return missing;
        }

        var now = Now;
        var name = RequestNames.Of(request, caller.Name, implicitly: true, ids);
        var (handles, known) = KnownFirst.Order(Parts.Handles, request.Tenant!, ids);
        var list = new Tombstones(request.Tenant!, ids, handles, known, request.Reason, name);
        var receipt = await StoreAsync(
            list.Tenant, () => TombstonesAsync(list, now), name, () => DenialsOf(list, now), now, request.Wait, request.TimeoutMs, cancellation).ConfigureAwait(false);
        var unknown = list.Ids.Length - list.Known;
        return With(receipt, unknown == 0 ? null : new UnknownIds(
            unknown, [.. list.Ids.Skip(list.Known).Take(Limits.UnknownIdsListedMax).Select(Names.FormatId)]) { Recorded = !list.IsCut });
    }

    // INVARIANT B1: ids that were never made deny nothing that exists, and take room that nobody has granted them yet.
    private static IndexRecord[] DenialsOf(Tombstones list, Instant now) =>
        list.Known > 0 && CredentialDecider.Revoke(list.Tenant, new ArraySegment<UInt128>(list.Ids, 0, list.Known), null, UInt128.Zero, now) is { IsOk: true } decided
            ? IndexRecords.Tombstones(list.Handles.AsSpan(0, list.Known), decided.Value.DropAfter)
            : [];

    private static IReadOnlyList<IndexRecord> NoDenials() => [];

    private async ValueTask<Outcome<Reply>> TombstonesAsync(Tombstones list, Instant now)
    {
        var (last, done) = (default(LogAnswer), false);
        list.IsCut = false;
        for (var from = 0; from < list.Ids.Length;)
        {
            // Known and unknown ones never together: there may be room for the former alone.
            var end = Math.Min(from + TombstonesAtOnce, from < list.Known ? list.Known : list.Ids.Length);

            // The name stands on the last part only: a request that was cut short is carried out again, not taken for done.
            var decided = CredentialDecider.Revoke(
                list.Tenant, new ArraySegment<UInt128>(list.Ids, from, end - from), list.Reason, end == list.Ids.Length ? list.Name : UInt128.Zero, now);
            if (!decided.IsOk)
            {
                return decided.Rejection;
            }

            var logged = await Parts.Client.AppendAsync(
                Parts.NextId(now), caller.Name, now, [decided.Value], hold: caller.Tenant == list.Tenant ? IndexHold.Share : IndexHold.None).ConfigureAwait(false);
            if (!logged.IsOk)
            {
                // Those that are known are revoked, whether there is room for the rest or not.
                list.IsCut = done && from >= list.Known && logged.Rejection.Code == Codes.LimitReached;
                return list.IsCut ? Reply.Of(last) : logged.Rejection;
            }

            (last, done, from) = (logged.Value, true, end);
        }

        return Reply.Of(last);
    }

    private sealed record Tombstones(string Tenant, UInt128[] Ids, Handle[] Handles, int Known, string? Reason, UInt128 Name)
    {
        /// <summary>There was no room for those that are not known.</summary>
        internal bool IsCut { get; set; }
    }
}
