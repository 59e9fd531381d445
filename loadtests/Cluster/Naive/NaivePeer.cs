using Fabric.LoadTests.Compare;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Peers;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Scenarios;
using Fabric.Silo.Cluster;

namespace Fabric.LoadTests.Cluster.Naive;

/// <summary>
/// What one builds first on Orleans: a grain a node. A check asks the credential's grain, which asks the one above it, up to the root; a revocation walks the tree, and
/// each grain stores its state in PostgreSQL. In one silo in this process, which favours it: no call leaves it.
/// </summary>
internal sealed class NaivePeer : IPeer
{
    private const int Chains = 1_000;
    private const int Callers = 64;

    // The credential and six ancestors.
    private const int ChainLength = 7;

    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1);

    public string Name => NaiveName.Text;

    public string? Missing => LocalPostgres.FindPrograms() is null ? "PostgreSQL is not installed (Debian: postgresql)" : null;

    public IReadOnlyList<int> Trees => [NaiveCluster.Nodes - 1];

    public async Task MeasureAsync(Comparison on)
    {
        await using var server = await LocalPostgres.StartAsync(on.Run.Cancellation);
        await using var naive = await NaiveCluster.StartAsync(server.ConnectionString, on.Run.Cancellation);
        on.Run.Report.Note("naive Orleans: a grain a node in one silo in the process of the load, all active; checks touch no storage; a revocation stores each node's state");
        await naive.ChainAsync(Chains, ChainLength);
        var checks = await on.Fabric.ChecksAsync();
        await on.PairAsync(
            new PairSpec("compare.check_naive_orleans", "naive Orleans", "a cached check at an edge", "a credential's grain asks six ancestors' grains", "checks/s of CPU"),
            checks.RoundAsync, () => CheckRoundAsync(naive), warmUps: 2);

        var served = await on.Fabric.ServedAsync();
        await served.StartEdgesAsync();
        var turn = 0;
        await on.PairAsync(
            new PairSpec(
                "compare.cascade_naive_orleans", "naive Orleans", $"revoke a user above {NaiveCluster.Nodes - 1:N0} credentials until the last of 10 edges has confirmed",
                $"revoke {NaiveCluster.Nodes:N0} grains from the root down, each stored", "ms", LessIsBetter: true),
            () => served.CascadeRoundAsync(on.Fabric.TreeOf(NaiveCluster.Nodes - 1)), async () =>
            {
                var tree = $"tree{turn++}";
                await naive.PlantAsync(tree);
                var took = 0.0;
                var (_, client, cpu) = await Comparison.TimedAsync(() => ProcessTimes.TreeSeconds(server.ProcessId), async () =>
                {
                    var fromNs = Clock.NowNs;
                    await naive.RevokeAsync(tree);
                    took = Clock.Ms(fromNs, Clock.NowNs);
                });
                return SideRound.MedianMs([took], client, cpu);
            });
    }

    private static async Task<SideRound> CheckRoundAsync(NaiveCluster naive)
    {
        var done = 0;
        var (seconds, client, _) = await Comparison.TimedAsync(() => 0, async () =>
        {
            using var stop = new CancellationTokenSource(RoundTime);
            await Swarm.UntilAsync(Callers, async _ => await naive.CheckAsync(Interlocked.Increment(ref done) % Chains, ChainLength), stop.Token);
        });
        return SideRound.PerCpuSecond(done, seconds, client, 0);
    }
}
