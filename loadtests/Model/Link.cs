namespace Fabric.LoadTests.Model;

/// <summary>One direction of a connection: what is sent over it arrives in its order, so that what was lost holds up what comes behind.</summary>
internal struct Link
{
    // Past that many times in a row the connection is as good as cut, and the lease decides.
    private const int SentAgainMax = 6;

    private long _lastArrival;

    /// <summary>When a message that is sent now arrives. <paramref name="wakeNs"/>: until who it is for has woken.</summary>
    public long Arrival(long now, Delay delay, ModelNetwork network, Random random, long wakeNs = 0)
    {
        var at = now + delay.DrawNs(random) + wakeNs;
        var again = network.SentAgainAfter.Ticks * 100;
        for (var i = 0; network.Loss > 0 && i < SentAgainMax && random.NextDouble() < network.Loss; i++)
        {
            at += again << i;
        }

        return _lastArrival = Math.Max(_lastArrival, at);
    }
}
