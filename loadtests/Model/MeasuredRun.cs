using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Model;

/// <summary>
/// The small real runs that a model is fed from and held against: a durable host and edges in processes of their own, in several set-ups. The set-ups take turns, round after round, so
/// that what the machine does in between touches all of them; their processes compile nothing beside, as those that have run for long.
/// </summary>
/// <param name="Setups">What was measured.</param>
/// <param name="Fresh">The set-up <see cref="FreshSetup"/> as processes are that were started a moment ago: they compile beside.</param>
/// <param name="Others">The share of the machine's time that others took meanwhile: processes that are not this run's, and the hypervisor. 0 to 1.</param>
/// <param name="IssueNs">Processor time of one issued credential in the engine, its signature and its row in the journal.</param>
/// <param name="IndexBytes">Bytes of a record in a revocation index of a million.</param>
internal sealed record MeasuredRun(IReadOnlyList<MeasuredSetup> Setups, MeasuredSetup Fresh, double Others, double IssueNs, double IndexBytes)
{
    /// <summary>The tenant whose credentials are revoked.</summary>
    public const string Tenant = "acme";

    /// <summary>The numbers of edges that the model is fed from.</summary>
    public static readonly IReadOnlyList<int> Fed = [0, 1, 3];

    /// <summary>The numbers of edges that it is held against, which it has not seen.</summary>
    public static readonly IReadOnlyList<int> Held = [2, 6, 10];

    /// <summary>The set-up that is measured with fresh processes too.</summary>
    public static readonly SmallSetup FreshSetup = new(6, IsLoaded: false);

    private const int Rounds = 10;
    private const int FreshTurnsMax = 300;
    private const int IssueBatch = 1_000;
    private const int IssueBatches = 20;
    private const int IndexSample = 1_000_000;

    // A process that has run for hours has compiled what it runs; one that was started a moment ago compiles beside, on the same cores.
    private static readonly Dictionary<string, string> Settled = new(StringComparer.Ordinal) { ["DOTNET_TieredCompilation"] = "0" };
    private static readonly Dictionary<string, string> AsStarted = new(StringComparer.Ordinal);

    /// <summary>The set-up's measurements.</summary>
    public MeasuredSetup With(int edges, bool isLoaded = false) => Setups.First(each => each.Setup == new SmallSetup(edges, isLoaded));

    /// <summary>Runs it: so many revocations in each set-up.</summary>
    public static async Task<MeasuredRun> RunAsync(ScenarioRun run, int revocations)
    {
        var setups = Fed.Concat(Held).SelectMany(edges => (SmallSetup[])[new(edges, false), new(edges, true)]).ToArray();
        var each = (revocations + Rounds - 1) / Rounds;
        var fresh = Math.Min(revocations, FreshTurnsMax);
        var before = MachineLoad.Read();
        MeasuredSetup started;
        using (run.Log.Begin($"measure {FreshSetup}, just started", 1))
        {
            using var folder = new TempFolder(run.Options.KeepData);
            var (credentials, _) = await PrepareAsync(folder.Path, SmallHost.CredentialsFor(fresh));
            await using var host = await SmallHost.StartAsync(run, folder.Path, FreshSetup.Edges, AsStarted, credentials);
            var (turns, spent) = await host.VisitAsync(await host.ArrangeAsync(FreshSetup.Edges, run.Cancellation), 0, fresh, isGauged: false, run.Report);
            started = new Taken(turns, spent, turns.Count, []).Of(FreshSetup);
        }

        using var settled = new TempFolder(run.Options.KeepData);
        var (stock, issueNs) = await PrepareAsync(settled.Path, Rounds * setups.Length * SmallHost.CredentialsFor(each));
        var measured = await RoundsAsync(run, settled.Path, stock, setups, each);
        return new MeasuredRun(measured, started, MachineLoad.Read().OthersSince(before), issueNs, IndexBytesEach());
    }

    private static async Task<List<MeasuredSetup>> RoundsAsync(
        ScenarioRun run, string folder, IEnumerable<(string Id, EdgeCall Call)> credentials, SmallSetup[] setups, int turnsEach)
    {
        using var stage = run.Log.Begin($"measure {setups.Length} set-ups in {Rounds} rounds, {Rounds * turnsEach} revocations each", Rounds);
        await using var host = await SmallHost.StartAsync(run, folder, setups.Max(setup => setup.Edges), Settled, credentials);
        var load = await SmallLoad.PrepareAsync(host.Client, Tenant);
        var (random, taken) = (new Random(run.Options.Seed), setups.ToDictionary(setup => setup, _ => new Taken([], default, 0, [])));
        for (var round = 0; round < Rounds; round++)
        {
            random.Shuffle(setups);
            foreach (var setup in setups)
            {
                run.Cancellation.ThrowIfCancellationRequested();
                var edges = await host.ArrangeAsync(setup.Edges, run.Cancellation);
                await using var beside = setup.IsLoaded ? await SmallLoad.StartAsync(edges, load) : null;
                double[] busy = setup.IsLoaded && Fed.Contains(setup.Edges) ? [await host.BusyAsync(edges, run.Cancellation)] : [];

                // Every other round: what the asking costs is in nothing but the others' commits.
                var isGauged = round % 2 == 1;
                var (turns, spent) = await host.VisitAsync(edges, round, turnsEach, isGauged, run.Report);
                taken[setup] = taken[setup].And(new Taken(turns, isGauged ? default : spent, isGauged ? 0 : turns.Count, busy));
            }

            stage.Advance();
        }

        return [.. taken.OrderBy(each => each.Key.Edges).ThenBy(each => each.Key.IsLoaded).Select(each => each.Value.Of(each.Key))];
    }

    private static async Task<(List<(string Id, EdgeCall Call)> Credentials, double IssueNs)> PrepareAsync(string folder, int count)
    {
        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        var town = await Town.FoundAsync(local.Operator, Tenant);
        await town.SettleAsync(0, 1);
        var credentials = new List<(string Id, EdgeCall Call)>();
        while (credentials.Count < count)
        {
            var issued = await town.IssueAsync(await town.OpenAsync(0, 0), Math.Min(IssueBatch, count - credentials.Count));
            credentials.AddRange(issued.Select((one, i) => (one.Id, Town.CallOf(one.Token, 0, i))));
        }

        var session = await town.OpenAsync(0, 1);
        _ = await town.IssueAsync(session, IssueBatch);
        var cpu = ProcessTimes.OwnSeconds;
        for (var i = 0; i < IssueBatches; i++)
        {
            _ = await town.IssueAsync(session, IssueBatch);
        }

        return (credentials, (ProcessTimes.OwnSeconds - cpu) * 1e9 / (IssueBatches * IssueBatch));
    }

    // The product's own index, filled: what an edge's grows to is the model's to multiply.
    private static double IndexBytesEach()
    {
        var index = new RevocationIndex(new UInt128(1, 2));
        var random = new Random(1);
        for (var i = 0; i < IndexSample; i++)
        {
            var handle = new Handle((ulong)random.NextInt64(), (ulong)random.NextInt64() | 1);
            _ = index.Apply(new IndexRecord(handle, NodeKind.Credential, IndexRecord.Terminal, default, Instant.Never), (ulong)i + 1);
        }

        return (double)index.Bytes / index.Count;
    }

    // What was measured of a set-up so far; what was spent is of fewer turns than there are.
    private sealed record Taken(IReadOnlyList<MeasuredTurn> Turns, SmallHost.Spent Spent, int SpentTurns, IReadOnlyList<double> BusyCores)
    {
        public Taken And(Taken more) => new([.. Turns, .. more.Turns], Spent + more.Spent, SpentTurns + more.SpentTurns, [.. BusyCores, .. more.BusyCores]);

        public MeasuredSetup Of(SmallSetup setup) => new(
            setup, Turns, BusyCores.Count == 0 ? double.NaN : BusyCores.Average(), Spent.HostNs / SpentTurns, setup.Edges == 0 ? 0 : Spent.EdgesNs / SpentTurns / setup.Edges, Spent.EdgesGcMs);
    }
}
