using Fabric.Client.Edges;
using Fabric.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fabric.Client.Embedded;

/// <summary>The enforcement point over the fabric in its own process.</summary>
public static class FabricEmbeddedExtensions
{
    /// <summary>Takes the view from the engine that the host's services hold.</summary>
    public static FabricBuilder FromEngine(this FabricBuilder builder) => builder.FromEngine(provider => provider.GetRequiredService<IFabricEngine>());

    /// <summary>Takes the view from this engine, which stays its owner's.</summary>
    public static FabricBuilder FromEngine(this FabricBuilder builder, Func<IServiceProvider, IFabricEngine> engine) =>
        builder.From(provider => new InProcessSource(
            engine(provider), provider.GetRequiredService<IOptions<FabricEdgeOptions>>().Value.Name, provider.GetRequiredService<EdgeClock>()));
}
