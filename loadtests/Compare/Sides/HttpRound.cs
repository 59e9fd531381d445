using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Sides;

/// <summary>One round of HTTP load: a connection for each request, one at a time on each, as fast as they are answered.</summary>
internal static class HttpRound
{
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1);

    /// <summary>Runs it; the value is answers a second. Throws <see cref="LoadException"/> on an answer of another status.</summary>
    public static async Task<SideRound> RunAsync(Uri address, IReadOnlyList<byte[]> requests, int status, Func<double> serverCpu, CancellationToken cancellation)
    {
        using var load = new HttpLoad(address, requests, status);
        long done = 0;
        var (seconds, client, server) = await Comparison.TimedAsync(serverCpu, () => Task.Run(() => done = load.Run(RoundTime, cancellation).Latencies.Count, cancellation));
        return load.Fault is null ? SideRound.Rate(done, seconds, client, server) : throw new LoadException($"{address} answered with {StatusOf(load.Fault)} instead of {status}");
    }

    // Not the body: it may hold a token.
    private static string StatusOf(string answer) => answer.Split('\r')[0];
}
