using Fabric.Contracts;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>
/// Thousands of simulated agents over HTTP, checked at edges in their own processes: sessions, checks, delegations, completions, and storms of
/// revocations. After every confirmed receipt its calls are tried at every edge (R1).
/// </summary>
internal sealed class AgentsScenario : IScenario
{
    private const int StormSize = 20;

    private static readonly TimeSpan StormEvery = TimeSpan.FromSeconds(1);

    public string Name => "agents";

    public string Description => "simulated agents over HTTP and edges: sessions, checks, delegations, completions, revocation storms (--agents N --seconds S; --silos N: a cluster)";

    public async Task RunAsync(ScenarioRun run)
    {
        var agents = Math.Max(2, run.Options.Agents ?? run.Options.Count ?? 2_000);
        run.Report.IsFullSize &= agents >= 2_000;
        var time = run.SecondsOr(60);
        using var folder = new TempFolder(run.Options.KeepData);
        if (run.Options.Silos is null)
        {
            await using var local = LocalFabric.Open(folder.Path);
            await local.MakeKeysAsync(folder.Path);
            await SettleAsync(local.Operator, agents);
        }

        await using var fabric = await ServedFabric.StartAsync(run, folder.Path);
        var clients = fabric.Clients();
        if (run.Options.Silos is not null)
        {
            await SettleAsync(clients[0], agents);
        }

        await using var edges = await fabric.StartEdgesAsync(run.Options.Edges ?? 3, run.Cancellation);
        var world = new AgentWorld([.. clients.Select(client => new Town(client, "acme"))], edges, run.Report, agents);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        var work = Task.WhenAll(Enumerable.Range(0, agents).Select(i => Task.Run(() => LiveAsync(world, i, time, stop.Token))).Append(StormAsync(world, stop.Token)));
        await run.Log.ForAsync($"{agents:N0} agents at work", time, run.Cancellation);
        await stop.CancelAsync();
        await work;
        world.Report(time);
        if (clients.Length > 1)
        {
            run.Report.Note($"{clients.Length} silos, each agent at one of them; edges over HTTP and over the Orleans client");
        }

        Array.ForEach(clients, client => client.Dispose());
    }

    private static async Task SettleAsync(IFabric fabric, int agents)
    {
        var town = await Town.FoundAsync(fabric, "acme");
        await town.SettleAsync(0, agents);
        await town.SettleHelpersAsync();
    }

    // One agent: a task after the other, with thinking in between.
    private static async Task LiveAsync(AgentWorld world, int agent, TimeSpan time, CancellationToken stop)
    {
        var random = new Random(agent);
        await PauseAsync(random.Next(1, 1 + Math.Min(5_000, (int)time.TotalMilliseconds / 2)), stop);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await TaskAsync(world, agent, random, stop);
            }
            catch (LoadException fault) when (!stop.IsCancellationRequested)
            {
                world.Refused(fault.Message);
            }
            catch (LoadException)
            {
                return;
            }

            await PauseAsync(random.Next(500, 4_000), stop);
        }
    }

    private static async Task TaskAsync(AgentWorld world, int agent, Random random, CancellationToken stop)
    {
        var customer = random.Next(1_000_000);
        var task = await world.OpenAsync(agent, customer);
        await world.CheckAsync(task, random);
        if (random.Next(4) == 0)
        {
            await world.DelegateAsync(task, random);
        }

        await PauseAsync(random.Next(100, 1_000), stop);
        await world.CheckAsync(task, random);
        switch (random.Next(4))
        {
            case 0:
                await world.EndAsync(task, complete: true);
                break;
            case 1:
                await world.EndAsync(task, complete: false);
                break;
            default:
                // Left open: a storm may end it, or its time.
                break;
        }
    }

    // Many users at once, as after a breach.
    private static async Task StormAsync(AgentWorld world, CancellationToken stop)
    {
        var random = new Random(7);
        while (!stop.IsCancellationRequested)
        {
            await PauseAsync((int)StormEvery.TotalMilliseconds, stop);
            await Task.WhenAll(Enumerable.Range(0, StormSize).Select(_ => world.RevokeUserAsync(random.Next(world.Agents))));
        }
    }

    private static async Task PauseAsync(int ms, CancellationToken stop)
    {
        try
        {
            await Task.Delay(ms, stop);
        }
        catch (OperationCanceledException)
        {
            // The end of the run: the caller sees it itself.
        }
    }
}
