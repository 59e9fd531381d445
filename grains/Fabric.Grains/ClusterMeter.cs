using System.Diagnostics.Metrics;
using Fabric.Grains.Feed;

namespace Fabric.Grains;

/// <summary>What a silo measures of its part in the cluster. No label carries a tenant's names.</summary>
internal sealed class ClusterMeter : IDisposable
{
    private static readonly InstrumentAdvice<double> Seconds =
        new() { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.5, 1, 5, 10, 30] };

    private readonly Meter _meter = new("Fabric.Cluster");
    private readonly Counter<long> _checks;
    private readonly Counter<long> _issued;
    private readonly Counter<long> _leaseMisses;
    private readonly Histogram<double> _confirmed;

    internal ClusterMeter(Relay relay, Func<bool> ownsFeed)
    {
        _checks = _meter.CreateCounter<long>("fabric.cluster.checks", null, "Authoritative checks that this silo decided, by outcome.");
        _issued = _meter.CreateCounter<long>("fabric.cluster.issued", null, "Credentials that this silo issued.");
        _leaseMisses = _meter.CreateCounter<long>("fabric.cluster.lease_misses", null, "Times, looked at once a second, that this silo had no lease on the feed.");
        _confirmed = _meter.CreateHistogram("fabric.cluster.confirmed", "s", "From the wait for a confirmation to its end, of those that came.", null, Seconds);
        _meter.CreateObservableGauge("fabric.cluster.lease", () => relay.HoldsLease ? 1 : 0, null, "1 when this silo holds a lease on the feed.");
        _meter.CreateObservableGauge("fabric.cluster.sequence", () => (double)relay.Sequence, null, "The newest command that this silo has applied.");
        _meter.CreateObservableGauge("fabric.cluster.owner", () => ownsFeed() ? 1 : 0, null, "1 when the feed log is on this silo.");
    }

    internal void Checked(bool allowed) => _checks.Add(1, new KeyValuePair<string, object?>("allowed", allowed ? "true" : "false"));

    internal void Issued(int count) => _issued.Add(count);

    internal void LeaseMissed() => _leaseMisses.Add(1);

    internal void Confirmed(TimeSpan took) => _confirmed.Record(took.TotalSeconds);

    public void Dispose() => _meter.Dispose();
}
