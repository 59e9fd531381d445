using Fabric.Contracts.Common;
using Fabric.Contracts.Issuers;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Engine.Wire;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Operations;

internal sealed partial class ClusterFabric
{
    public async ValueTask<Outcome<IssuerInfo>> PutIssuerAsync(string tenant, string id, PutIssuer command, CancellationToken cancellation = default)
    {
        var issuer = Parts.Logins.Seal(tenant, IssuerWire.Read(id, command, Parts.Options.Issuer), command.ClientSecret);
        if ((Refuse(Admins, tenant) ?? issuer.Rejection ?? Known(tenant)) is { } refused)
        {
            return refused;
        }

        var trusted = EventList.WriteOne(new IssuerTrusted(tenant, issuer.Value));
        return await ChangedAsync(
            () => TenantGrain(tenant).TrustIssuerAsync(caller.Name, trusted), revision => IssuerWire.Write(tenant, issuer.Value, revision)).ConfigureAwait(false);
    }

    public ValueTask<Outcome<IssuerInfo>> GetIssuerAsync(string tenant, string id, CancellationToken cancellation = default)
    {
        lock (Directory.Gate)
        {
            return new(Refuse(Readers, tenant) is { } refused ? refused
                : Directory.Tenant_NeedsLock(tenant) is { } card ? IssuerWire.Find(card.State, id, Revision)
                : Missing(tenant));
        }
    }

    public ValueTask<Outcome<Page<IssuerInfo>>> ListIssuersAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        lock (Directory.Gate)
        {
            return new((Refuse(Readers, tenant) ?? CheckPage(query)) is { } refused ? refused
                : Directory.Tenant_NeedsLock(tenant) is { } card ? IssuerWire.List(card.State, query, Revision)
                : Missing(tenant));
        }
    }

    public async ValueTask<Outcome<IssuerInfo>> RemoveIssuerAsync(string tenant, string id, CancellationToken cancellation = default)
    {
        if ((Refuse(Admins, tenant) ?? Known(tenant)) is { } refused)
        {
            return refused;
        }

        TrustedIssuer? removed;
        lock (Directory.Gate)
        {
            removed = Directory.Tenant_NeedsLock(tenant)?.State.Issuers.FirstOrDefault(issuer => issuer.Id == id);
        }

        return removed is null
            ? Missing(id)
            : await ChangedAsync(() => TenantGrain(tenant).DistrustIssuerAsync(caller.Name, id), revision => IssuerWire.Write(tenant, removed, revision)).ConfigureAwait(false);
    }
}
