using Fabric.Client.Edges;
using Microsoft.Extensions.DependencyInjection;

namespace Fabric.Client;

/// <summary>Says where the enforcement point that <see cref="FabricServiceExtensions.AddFabric"/> added gets its view from.</summary>
public sealed class FabricBuilder
{
    internal FabricBuilder(IServiceCollection services) => Services = services;

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Takes the view from a source of one's own. The last one named counts. The source is disposed with the enforcement point.</summary>
    public FabricBuilder From(Func<IServiceProvider, IEdgeSource> source)
    {
        Services.AddSingleton(new SourceFactory(source));
        return this;
    }

    internal sealed record SourceFactory(Func<IServiceProvider, IEdgeSource> Make);
}
