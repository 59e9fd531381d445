using Fabric.Contracts.Common;
using Fabric.Contracts.Issuers;
using Fabric.Core.Common;

namespace Fabric.Client.Http;

public sealed partial class FabricHttpClient
{
    /// <inheritdoc/>
    public ValueTask<Outcome<IssuerInfo>> PutIssuerAsync(string tenant, string id, PutIssuer command, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Put(Issuer(tenant, id), command, Json.PutIssuer), Json.IssuerInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<IssuerInfo>> GetIssuerAsync(string tenant, string id, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Get(Issuer(tenant, id)), Json.IssuerInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Page<IssuerInfo>>> ListIssuersAsync(string tenant, PageQuery query, CancellationToken cancellation = default) =>
        _wire.SendAsync(List(Tenant(tenant) + "/issuers", query), Json.PageIssuerInfo, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<IssuerInfo>> RemoveIssuerAsync(string tenant, string id, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Delete(Issuer(tenant, id)), Json.IssuerInfo, cancellation);

    private static string Issuer(string tenant, string id) => $"{Tenant(tenant)}/issuers/{UrlText.Segment(id)}";
}
