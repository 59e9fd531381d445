using Fabric.Client.Feed;
using Fabric.Contracts.Feed;
using Fabric.Contracts.Orleans;
using Fabric.Core.Common;

namespace Fabric.Client.Orleans;

/// <summary>Connects through the Orleans client, which knows the cluster's gateways and leaves those that are gone.</summary>
internal sealed class OrleansConnector(IGrainFactory cluster, string secret) : IFeedConnector
{
    /// <inheritdoc/>
    public async ValueTask<(IFrameTransport? Transport, string? Failure)> ConnectAsync(Uri address, CancellationToken cancellation)
    {
        try
        {
            // A new gate each time: calls of the connection before must not meet this one's.
            var gate = cluster.GetGrain<IEdgeGateGrain>(Guid.NewGuid());
            return await gate.OpenAsync(secret).WaitAsync(cancellation) is { } refusal ? (null, refusal) : (new OrleansTransport(gate), null);
        }
#pragma warning disable CA1031 // no gateway, a silo that went away, too late: the next attempt tells
        catch (Exception)
#pragma warning restore CA1031
        {
            return (null, Codes.Unreachable);
        }
    }
}
