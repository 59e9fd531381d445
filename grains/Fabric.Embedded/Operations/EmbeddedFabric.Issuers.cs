using Fabric.Contracts.Common;
using Fabric.Contracts.Issuers;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Engine.Wire;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    public ValueTask<Outcome<IssuerInfo>> PutIssuerAsync(string tenant, string id, PutIssuer command, CancellationToken cancellation = default)
    {
        var issuer = engine.Logins.Seal(tenant, IssuerWire.Read(id, command, engine.Options.Issuer), command.ClientSecret);
        lock (Ledger.Gate)
        {
            if ((Refuse(Admins, tenant) ?? issuer.Rejection) is { } refused)
            {
                return new(refused);
            }

            if (World.Tenant(tenant)?.State is not { } state)
            {
                return new(Missing(tenant));
            }

            var decided = IssuerDecider.Trust(state, issuer.Value);
            return decided.IsOk
                ? WhenDurable_NeedsLock(Commit_NeedsLock(Now, decided.Value), revision => IssuerWire.Write(tenant, issuer.Value, revision))
                : new(decided.Rejection);
        }
    }

    public ValueTask<Outcome<IssuerInfo>> GetIssuerAsync(string tenant, string id, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            return new(Refuse(Readers, tenant) is { } refused ? refused
                : World.Tenant(tenant)?.State is { } state ? IssuerWire.Find(state, id, Ledger.Revision)
                : Missing(tenant));
        }
    }

    public ValueTask<Outcome<Page<IssuerInfo>>> ListIssuersAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            return new((Refuse(Readers, tenant) ?? CheckPage(query)) is { } refused ? refused
                : World.Tenant(tenant)?.State is { } state ? IssuerWire.List(state, query, Ledger.Revision)
                : Missing(tenant));
        }
    }

    public ValueTask<Outcome<IssuerInfo>> RemoveIssuerAsync(string tenant, string id, CancellationToken cancellation = default)
    {
        lock (Ledger.Gate)
        {
            if (Refuse(Admins, tenant) is { } refused)
            {
                return new(refused);
            }

            if (World.Tenant(tenant)?.State is not { } state)
            {
                return new(Missing(tenant));
            }

            var decided = IssuerDecider.Distrust(state, id);
            if (!decided.IsOk)
            {
                return new(decided.Rejection);
            }

            // Trust that is taken back is in force at once, whatever the disk does.
            var removed = state.Issuers.First(issuer => issuer.Id == id);
            return WhenDurable_NeedsLock(Ledger.Emit_NeedsLock(caller.Name, Now, [decided.Value], reserved: true), revision => IssuerWire.Write(tenant, removed, revision));
        }
    }
}
