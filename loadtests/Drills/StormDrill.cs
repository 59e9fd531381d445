using System.Globalization;
using Fabric.Contracts.Keys;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>
/// One tenant revokes as fast as it can. What another tenant has of the fabric is measured in rounds, calm and storm in turn: checks at an edge, checks that the host decides, and
/// revocations until confirmed.
/// </summary>
/// <remarks>
/// The storm's callers stand for other machines, and so have a process of their own. On this machine they still need its cores: in the storm that is held against the calm they stand
/// back for everybody (nice), and in the calm the same process uses as much processor time for nothing. A storm whose callers do not stand back is measured in every round as well.
/// </remarks>
internal sealed class StormDrill : IDrill
{
    /// <summary>The tenant that is measured.</summary>
    public const string Quiet = "quiet";

    private const string Storming = "storming";
    private const int Rounds = 5;
    private const int PhasesInRound = 4;
    private const int StormCallers = 8;
    private const int StormUsers = 200;
    private const int Edges = 2;
    private const int SecondsMin = 2;

    public string Name => "storm";

    public string Description =>
        "a tenant revokes at full speed; another one's checks and revocations, calm and storm in turn, five rounds (--seconds: of all of it)";

    public IReadOnlyList<Plot> Plots { get; private set; } = [];

    public async Task RunAsync(ScenarioRun run)
    {
        var phase = TimeSpan.FromSeconds(Math.Max(SecondsMin, run.SecondsOr(60).TotalSeconds / (PhasesInRound * Rounds)));
        using var folder = new TempFolder(run.Options.KeepData);
        var (session, calls, secret) = await PrepareAsync(folder.Path);
        await using var silo = await SiloProcess.StartAsync(folder.Path, run.Cancellation);
        await using var edges = await EdgeProcess.StartFleetAsync(run.Options.Edges ?? Edges, silo.Address, silo.EdgeKey, run.Cancellation);
        if (!await R1.AssertAllowedAsync(edges, calls, run.Report, "before the storm"))
        {
            return;
        }

        await using var back = StormProcess.Start(silo.Address, secret, Storming, StormUsers, StormCallers, StormProcess.StandsBack);
        await using var front = StormProcess.Start(silo.Address, secret, Storming, StormUsers, StormCallers, nice: 0);
        using var client = silo.Client();
        var victim = new StormVictim(run, client, silo, edges, session, calls, phase);
        var rounds = new List<StormRound>();
        using var stage = run.Log.Begin($"{Rounds} rounds of {PhasesInRound} times {phase.TotalSeconds:0.#} s: calm, storm, idle, a storm that fights for the cores", PhasesInRound * (Rounds + 1));
        var cores = 0.0;
        for (var number = 0; number <= Rounds && !run.Cancellation.IsCancellationRequested; number++)
        {
            var round = new StormRound(
                await victim.MeasureAsync(() => back.BurnAsync(cores), back.StopAsync, stage),
                await victim.MeasureAsync(back.RevokeAsync, back.StopAsync, stage),
                await victim.MeasureAsync(() => Task.CompletedTask, () => Task.FromResult(new StormTally()), stage),
                await victim.MeasureAsync(front.RevokeAsync, front.StopAsync, stage));
            cores = round.Storm.CallersCores;

            // The first round warms up, and tells how much the calm has to burn.
            if (number > 0)
            {
                rounds.Add(round);
            }
        }

        Plots = StormJudge.Judge(run.Report, rounds);
        run.Report.Note(string.Create(CultureInfo.InvariantCulture,
            $"{StormCallers} callers in a process of their own revoke {StormUsers} users of one tenant over and over; the other tenant's values are medians of a phase, its own load is one call at a time in all of them"));
        run.Report.Note(string.Create(CultureInfo.InvariantCulture,
            $"`_slower`, which the bar is for: the storm's callers stand for other machines and run at nice {StormProcess.StandsBack}, and in the calm that it is held against the same process, at the same nice, burns as much processor time as they took in the storm before, for nothing; the rate that they reach so is `storm.rate`"));
        run.Report.Note(string.Create(CultureInfo.InvariantCulture,
            $"`_slower_than_idle`: that storm held against a machine on which nothing else runs; `_slower_fighting`: callers that have the host's own priority, held against the same: there a part of what a storm costs is the callers' share of this machine's {Environment.ProcessorCount} cores"));
    }

    private static async Task<(string Session, IReadOnlyList<EdgeCall> Calls, string Secret)> PrepareAsync(string folder)
    {
        await using var local = LocalFabric.Open(folder);
        await local.MakeKeysAsync(folder);
        var (quiet, storming) = (await Town.FoundAsync(local.Operator, Quiet), await Town.FoundAsync(local.Operator, Storming));
        await quiet.SettleAsync(0, 1);
        await storming.SettleAsync(0, StormUsers);
        var session = await quiet.OpenAsync(0, 7);
        var issued = await quiet.IssueAsync(session, 100);
        var key = await local.Operator.MakeApiKeyAsync(new MakeApiKey("tenant_admin", "storm", Storming)).Need("make a key");
        return (session, [.. issued.Select((one, i) => Town.CallOf(one.Token, 7, i))], key.Secret);
    }
}
