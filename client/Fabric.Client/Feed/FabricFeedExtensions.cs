using Fabric.Client.Edges;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fabric.Client.Feed;

/// <summary>The enforcement point over a fabric elsewhere.</summary>
public static class FabricFeedExtensions
{
    /// <summary>Follows the fabric at an address with an API key of role `enforcement_point`. Throws <see cref="UriFormatException"/> for what is no address.</summary>
    public static FabricBuilder FromFabric(this FabricBuilder builder, string address, string secret) =>
        builder.FromFabric(_ => new FeedConnectionOptions { Addresses = [new Uri(address)], Secret = secret });

    /// <summary>Follows the fabric as the options say: several addresses, renewal, back-off.</summary>
    public static FabricBuilder FromFabric(this FabricBuilder builder, Func<IServiceProvider, FeedConnectionOptions> options) =>
        builder.From(provider => new FeedConnection(
            options(provider), provider.GetRequiredService<IOptions<FabricEdgeOptions>>().Value, provider.GetRequiredService<EdgeClock>()));
}
