using Fabric.Contracts.Common;
using Fabric.Contracts.Trust;
using Fabric.Core.Common;
using Fabric.Core.Trust;
using Fabric.Embedded.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    public ValueTask<Outcome<TrustInfo>> ProposeTrustAsync(string tenant, ProposeTrust command, CancellationToken cancellation = default)
    {
        var scopes = ScopeWire.Read(command.Scopes);
        lock (Ledger.Gate)
        {
            if ((Refuse(Admins, tenant) ?? Names.CheckId("grantee", command.Grantee) ?? scopes.Rejection) is { } refused)
            {
                return new(refused);
            }

            if (World.Tenant(tenant) is not { } grantor || World.Tenant(command.Grantee) is not { } grantee)
            {
                return new(Missing(World.Tenant(tenant) is null ? tenant : command.Grantee));
            }

            if (RefuseGrants(grantor, grantee.State.Id) is { } full)
            {
                return new(full);
            }

            var now = Now;
            var id = Ledger.Ids.Next(now);
            var decided = TrustDecider.Decide(
                grantor.State, grantee.State, new ProposeGrant(id, scopes.Value, Instant.From(command.ExpiresAt)), now);
            return decided.IsOk
                ? WhenDurable_NeedsLock(Commit_NeedsLock(now, decided.Value), revision => InfoWire.Trust(World.Trusts[id], now, revision))
                : new(decided.Rejection);
        }
    }

    // To one grantee few: whom a grant is offered to did not ask for it.
    private Rejection? RefuseGrants(TenantEntry grantor, string grantee)
    {
        var (given, toOne) = (0, 0);
        foreach (var trust in grantor.Trusts.Where(trust => trust.Grantor == grantor.State.Id))
        {
            given++;
            toOne += trust.Grantee == grantee ? 1 : 0;
        }

        var counts = engine.Options.Counts;
        return CountLimits.Refuse(given, counts.TrustGrants, grantor.State.Id, "trust grants of the tenant")
            ?? CountLimits.Refuse(toOne, counts.TrustGrantsToOne, grantee, "trust grants to this tenant");
    }

    public ValueTask<Outcome<TrustInfo>> AcceptTrustAsync(string tenant, string trust, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(Admins, tenant, trust) is { } refused)
            {
                return new(refused);
            }

            if (Names.ParseId(trust) is not { } id || !World.Trusts.TryGetValue(id, out var state)
                || (state.Grantee != tenant && state.Grantor != tenant))
            {
                return new(Missing(trust));
            }

            var now = Now;
            var decided = TrustDecider.Accept(state, tenant, now);
            if (!decided.IsOk)
            {
                return new(decided.Rejection);
            }

            return decided.Value is { } accepted
                ? WhenDurable_NeedsLock(Commit_NeedsLock(now, accepted), revision => InfoWire.Trust(state, now, revision))
                : new(InfoWire.Trust(state, now, Ledger.Revision));
        }
    }

    public ValueTask<Outcome<Page<TrustInfo>>> ListTrustAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if ((Refuse(Readers, tenant) ?? CheckPage(query)) is { } refused)
            {
                return new(refused);
            }

            if (World.Tenant(tenant) is not { } entry)
            {
                return new(Missing(tenant));
            }

            var now = Now;
            var after = Names.ParseId(query.Cursor) ?? UInt128.Zero;
            var items = entry.Trusts.Where(trust => trust.Id > after).OrderBy(trust => trust.Id).Take(query.Limit + 1)
                .Select(trust => InfoWire.Trust(trust, now, Ledger.Revision)).ToList();
            return new(items.Count > query.Limit
                ? new Page<TrustInfo>(items[..query.Limit], items[query.Limit - 1].Id)
                : new Page<TrustInfo>(items, null));
        }
    }
}
