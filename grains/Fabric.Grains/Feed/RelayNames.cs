using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>Answers the feed log for this silo's enforcement points.</summary>
internal sealed class RelayNames(Relay relay) : IRelayObserver
{
    public Task<EdgeLists> EdgesAsync(ulong revision)
    {
        var status = relay.Hub.Status(revision);
        return Task.FromResult(new EdgeLists(
            [.. status.Acknowledged], [.. status.RanOut],
            [.. status.Waiting.Select(edge => new WaitingSilo(edge.Edge, edge.AcknowledgedRevision, edge.RunsOutInMs))],
            [.. status.InFlight.Select(edge => edge.Edge)], [.. status.InFlight.Select(edge => edge.Calls)]));
    }
}
