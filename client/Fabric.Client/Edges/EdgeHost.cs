using Microsoft.Extensions.Hosting;

namespace Fabric.Client.Edges;

/// <summary>Starts and stops the enforcement point with the host.</summary>
internal sealed class EdgeHost(Edge edge) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        edge.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => edge.StopAsync(cancellationToken);
}
