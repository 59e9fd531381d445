using System.Diagnostics.Metrics;
using Fabric.Grains.Feed;

namespace Fabric.Grains;

/// <summary>What a silo measures of its part in the cluster. No label carries a tenant's names.</summary>
internal sealed class ClusterMeter : IDisposable
{
    private static readonly InstrumentAdvice<double> Seconds =
        new() { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.5, 1, 5, 10, 30] };

    private readonly Meter _meter = new("Fabric.Cluster");
    private readonly Histogram<double> _confirmed;
    private long _allowed;
    private long _denied;
    private long _issued;
    private long _leaseMisses;

    internal ClusterMeter(Relay relay, Func<bool> ownsFeed)
    {
        // Observed, not added up by the listener: what counts before it listens is counted, and a series is there before its first event.
        _meter.CreateObservableCounter(
            "fabric.cluster.checks", () => new[] { Labelled(ref _allowed, "true"), Labelled(ref _denied, "false") }, null, "Authoritative checks that this silo decided, by outcome.");
        _meter.CreateObservableCounter("fabric.cluster.issued", () => Volatile.Read(ref _issued), null, "Credentials that this silo issued.");
        _meter.CreateObservableCounter(
            "fabric.cluster.lease_misses", () => Volatile.Read(ref _leaseMisses), null, "Times, looked at once a second, that this silo had no lease on the feed.");
        _confirmed = _meter.CreateHistogram("fabric.cluster.confirmed", "s", "From the wait for a confirmation to its end, of those that came.", null, Seconds);
        _meter.CreateObservableGauge("fabric.cluster.lease", () => relay.HoldsLease ? 1 : 0, null, "1 when this silo holds a lease on the feed.");
        _meter.CreateObservableGauge("fabric.cluster.sequence", () => (double)relay.Sequence, null, "The newest command that this silo has applied.");
        _meter.CreateObservableGauge("fabric.cluster.owner", () => ownsFeed() ? 1 : 0, null, "1 when the feed log is on this silo.");
    }

    internal void Checked(bool allowed) => Interlocked.Increment(ref allowed ? ref _allowed : ref _denied);

    internal void Issued(int count) => Interlocked.Add(ref _issued, count);

    internal void LeaseMissed() => Interlocked.Increment(ref _leaseMisses);

    internal void Confirmed(TimeSpan took) => _confirmed.Record(took.TotalSeconds);

    public void Dispose() => _meter.Dispose();

    private static Measurement<long> Labelled(ref long count, string allowed) => new(Volatile.Read(ref count), new KeyValuePair<string, object?>("allowed", allowed));
}
