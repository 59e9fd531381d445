using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Peers;
using Fabric.LoadTests.Compare.Reports;
using Fabric.LoadTests.Compare.Sides;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Compare;

/// <summary>Fabric beside what people would pick instead, on this machine, in one run, in pairs.</summary>
internal sealed partial class CompareScenario : IScenario
{
    private static readonly IPeer[] Peers = [new RedisPeer(), new JwtPeer(), new AspNetPeer(), new NginxPeer(), new OidcProviderPeer(), new PostgresPeer(), MakeNaive()];

    /// <summary>The names that `--only` takes.</summary>
    public static IReadOnlyList<string> PeerNames => [.. Peers.Select(peer => peer.Name)];

    public string Name => "compare";

    public string Description => $"side by side with {string.Join(", ", PeerNames)}: A B A B on the same work";

    /// <summary>What the run measured; null before it.</summary>
    public Comparison? Comparison { get; private set; }

    public async Task RunAsync(ScenarioRun run)
    {
        var chosen = Peers.Where(peer => run.Options.Only is not { Count: > 0 } only || only.Contains(peer.Name, StringComparer.Ordinal)).ToList();
        var able = chosen.Where(peer => peer.Missing is null).ToList();
        foreach (var peer in chosen.Except(able))
        {
            run.Log.Note($"{peer.Name} is skipped: {peer.Missing}");
            run.Report.Note($"{peer.Name} is skipped: {peer.Missing}");
            run.Report.IsFullSize = false;
        }

        await using var fabric = new FabricSides(run, [.. able.SelectMany(peer => peer.Trees).Distinct()]);
        Comparison = new Comparison(run, fabric);
        var failed = new List<string>();
        foreach (var peer in able)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            try
            {
                await peer.MeasureAsync(Comparison);
            }
            catch (Exception fault) when (fault is not (OutOfMemoryException or OperationCanceledException))
            {
                // What a peer's library throws is its own; the other peers are still measured.
                failed.Add($"{peer.Name}: {fault.GetType().Name}: {fault.Message}");
            }
        }

        if (NoiseText.Of(Comparison.Results, NoiseRule.Default) is { } noise)
        {
            run.Report.Note(noise);
        }

        if (failed.Count > 0)
        {
            throw new LoadException(string.Join("; ", failed));
        }
    }

    // In the build with the cluster engine.
    static partial void MakeNaive(ref IPeer? peer);

    private static IPeer MakeNaive()
    {
        IPeer? peer = null;
        MakeNaive(ref peer);
        return peer ?? new AbsentNaivePeer();
    }
}
