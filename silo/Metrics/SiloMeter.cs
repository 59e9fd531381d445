using System.Diagnostics.Metrics;
using Fabric.Embedded;
using Fabric.Engine;
using Fabric.Silo.Signals.Intake;

namespace Fabric.Silo.Metrics;

/// <summary>What the host measures. No label carries a tenant's names: endpoints are route patterns.</summary>
internal sealed class SiloMeter
{
    /// <summary>The meter's name; the exposition reads every meter whose name begins with `Fabric`.</summary>
    public const string Name = "Fabric.Silo";

    private static readonly InstrumentAdvice<double> Seconds =
        new() { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30] };

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;

    // By what events wait for.
    private static readonly (WaitsFor What, string Name)[] Waits = [(WaitsFor.Keys, "keys"), (WaitsFor.PushedKey, "pushed_key"), (WaitsFor.PolledKey, "polled_key")];

    public SiloMeter(IMeterFactory meters, IFabricEngine engine, WaitingEventsLoop loop, WaitingEvents waiting)
    {
        var meter = meters.Create(Name);
        _requests = meter.CreateCounter<long>("fabric.http.requests", null, "Requests answered, by endpoint and status.");
        _durations = meter.CreateHistogram("fabric.http.duration", "s", "Time to answer a request.", null, Seconds);
        meter.CreateObservableGauge("fabric.ready", () => engine.Health.Ready ? 1 : 0, null, "1 when the fabric takes requests.");
        meter.CreateObservableGauge(
            "fabric.part.ok", () => engine.Health.Parts.Append(loop.Health).Select(part => new Measurement<int>(part.Ok ? 1 : 0, new KeyValuePair<string, object?>("part", part.Name))),
            null, "1 when the part is well.");
        meter.CreateObservableCounter("fabric.signals.kept", () => Each(waiting.Kept), null, "Events of identity providers that were kept, since they could not be judged, by what they wait for.");
        meter.CreateObservableCounter("fabric.signals.given_up", () => Each(waiting.GivenUp), null, "Events that waited and were given up, by what they waited for.");
        meter.CreateObservableGauge("fabric.index.records", () => engine.Index.Count, null, "Records in the revocation index.");
        meter.CreateObservableGauge("fabric.index.memory", () => engine.Index.Bytes, "By", "Memory of the revocation index.");
        meter.CreateObservableGauge("fabric.feed.head", () => (double)engine.Feed.Head, null, "The newest revision.");
        meter.CreateObservableGauge("fabric.feed.confirmed", () => (double)engine.Feed.Confirmed, null, "The newest revision that no enforcement point is behind.");
        if (engine is EmbeddedEngine embedded)
        {
            Measure(meter, embedded);
        }
        meter.CreateObservableGauge("fabric.feed.edges", () => engine.Feed.Connections, null, "Enforcement points that hold a lease.");
    }

    private static IEnumerable<Measurement<long>> Each(Func<WaitsFor, long> count) => Waits.Select(each => new Measurement<long>(count(each.What), new KeyValuePair<string, object?>("for", each.Name)));

    /// <summary>A request has been answered.</summary>
    public void Requested(string endpoint, int status, TimeSpan took)
    {
        _requests.Add(1, new("endpoint", endpoint), new("status", StatusText(status)));
        _durations.Record(took.TotalSeconds, new KeyValuePair<string, object?>("endpoint", endpoint));
    }

    private static void Measure(Meter meter, EmbeddedEngine engine)
    {
        meter.CreateObservableGauge("fabric.sessions", () => engine.Stats.Sessions, null, "Sessions in memory.");
        meter.CreateObservableCounter("fabric.journal.commits", () => engine.Stats.Journal.Commits, null, "Commits of the journal.");
        meter.CreateObservableCounter("fabric.journal.records", () => engine.Stats.Journal.Records, null, "Records made durable.");
        meter.CreateObservableGauge("fabric.journal.backlog", () => engine.Stats.Journal.BacklogRecords, null, "Records that wait for their commit.");
        meter.CreateObservableGauge("fabric.journal.last_commit", () => engine.Stats.Journal.LastCommit.TotalSeconds, "s", "How long the last commit took.");
    }

    private static readonly string[] Texts = [.. Enumerable.Range(0, 600).Select(status => status.ToString())];

    private static string StatusText(int status) => (uint)status < (uint)Texts.Length ? Texts[status] : "other";
}
