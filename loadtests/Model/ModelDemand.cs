namespace Fabric.LoadTests.Model;

/// <summary>What is asked of a simulated fabric besides revocations, and what things cost that the simulation of time does not need.</summary>
/// <param name="LiveCredentials">Credentials that are live at any time: each is issued anew at the end of its life.</param>
/// <param name="CredentialLifetime">How long one lives, and so how long a record of the index stays.</param>
internal sealed record ModelDemand(double LiveCredentials, TimeSpan CredentialLifetime)
{
    /// <summary>Processor time of one signature, in nanoseconds, at any silo.</summary>
    public double SignNs { get; init; }

    /// <summary>Processor time of one issued credential beside its signature, in nanoseconds: its row in the one order of writes.</summary>
    public double OrderNs { get; init; }

    /// <summary>Bytes of one record to one edge, and of its acknowledgement, as they go over the wire.</summary>
    public double RecordBytes { get; init; }

    /// <summary>Bytes of a renewal and its grant.</summary>
    public double RenewalBytes { get; init; }

    /// <summary>Bytes of a record in an edge's memory.</summary>
    public double IndexBytes { get; init; }

    /// <summary>Bits a second of a silo's network.</summary>
    public double LinkBits { get; init; } = 10e9;

    /// <summary>Records that an index holds at most.</summary>
    public double IndexRecordsMax { get; init; }

    /// <summary>Edges that one silo serves at most.</summary>
    public double ConnectionsMax { get; init; }

    /// <summary>Silos that one order serves at most.</summary>
    public double SilosMax { get; init; }

    /// <summary>Credentials a second that must be issued to keep so many alive.</summary>
    public double IssuedPerSecond => LiveCredentials / CredentialLifetime.TotalSeconds;

    /// <summary>Bits a second of one edge's feed, both ways.</summary>
    public double FeedBits(ModelNetwork network, double revocationsPerSecond) =>
        8 * ((RecordBytes * revocationsPerSecond) + (RenewalBytes / network.RenewEvery.TotalSeconds));

    /// <summary>Bytes of an edge's index. Of live credentials an edge keeps nothing: only of what was revoked, until it would have expired.</summary>
    public double EdgeBytes(double revocationsPerSecond) => IndexBytes * revocationsPerSecond * CredentialLifetime.TotalSeconds;

    /// <summary>Everything that there is only so much of, the scarcest at a rate first.</summary>
    public IReadOnlyList<ModelLimit> Limits(ModelNetwork network, double revocationsPerSecond)
    {
        var (costs, edges) = (network.Costs, Math.Ceiling(network.Edges / (double)network.Silos));
        var (siloNs, exchange) = (network.Cores * 1e9, (double)(costs.Push + costs.Ack));
        var renewing = edges * costs.Renew / network.RenewEvery.TotalSeconds;
        var link = LinkBits / 8;
        return [.. new[]
        {
            new ModelLimit("processor of the order's silo", renewing / siloNs, (costs.Request + (exchange * (network.Silos - 1 + edges))) / siloNs),
            new ModelLimit("processor of a silo", renewing / siloNs, (costs.Apply + (exchange * edges)) / siloNs),
            new ModelLimit("processor of an edge", 0, costs.Apply / 1e9),
            new ModelLimit("signatures of issued credentials, at all silos", IssuedPerSecond * SignNs / (siloNs * network.Silos), 0),
            new ModelLimit("rows of issued credentials, in the one order", IssuedPerSecond * OrderNs / 1e9, 0),
            new ModelLimit("records of an edge's index", 0, CredentialLifetime.TotalSeconds / IndexRecordsMax),
            new ModelLimit("network of a silo", edges * RenewalBytes / network.RenewEvery.TotalSeconds / link, edges * RecordBytes / link),
            new ModelLimit("edges of a silo", edges / ConnectionsMax, 0),
            new ModelLimit("silos of the order", network.Silos / SilosMax, 0),
        }.OrderByDescending(limit => limit.UsedAt(revocationsPerSecond))];
    }
}
