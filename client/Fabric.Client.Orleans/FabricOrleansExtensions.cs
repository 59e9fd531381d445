using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fabric.Client.Orleans;

/// <summary>The enforcement point over the Orleans client of a cluster.</summary>
public static class FabricOrleansExtensions
{
    // The Orleans client knows where the cluster is; the link wants an address to speak of.
    private static readonly Uri Cluster = new("http://cluster");

    /// <summary>
    /// Follows the cluster through the host's <see cref="IClusterClient"/>, with an API key of role `enforcement_point`: the same view, lease, acknowledgements and
    /// resumption as over HTTP.
    /// </summary>
    public static FabricBuilder UseOrleans(this FabricBuilder builder, string secret) => builder.From(provider => Connect(
        provider.GetRequiredService<IClusterClient>(), secret, provider.GetRequiredService<IOptions<FabricEdgeOptions>>().Value,
        provider.GetRequiredService<EdgeClock>()));

    /// <summary>The link by itself, for an enforcement point without a host.</summary>
    public static FeedConnection Connect(IGrainFactory cluster, string secret, FabricEdgeOptions edge, EdgeClock clock) => new(
        new FeedConnectionOptions { Addresses = [Cluster], Secret = secret, BackoffMax = TimeSpan.FromSeconds(1) }, edge, clock,
        new OrleansConnector(cluster, secret), Random.Shared.NextDouble);
}
