using Fabric.Contracts.Feed;

namespace Fabric.Client.Feed;

/// <summary>Makes connections to the fabric.</summary>
internal interface IFeedConnector
{
    /// <summary>A connection to one address; null with a reason when there is none to be had. Never throws for what the network does.</summary>
    ValueTask<(IFrameTransport? Transport, string? Failure)> ConnectAsync(Uri address, CancellationToken cancellation);
}
