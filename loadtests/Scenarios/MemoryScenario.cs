using System.Diagnostics;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>What a live session costs: this process's memory before and after, with the engine in it.</summary>
internal sealed class MemoryScenario : IScenario
{
    private const int Users = 10_000;
    private const int SharedScopes = 500;
    private const int ReadingsMax = 30;

    public string Name => "memory";

    public string Description => "bytes a live session, at 1,000,000 (--count: sessions)";

    public async Task RunAsync(ScenarioRun run)
    {
        var count = run.CountOr(1_000_000);
        using var folder = new TempFolder(run.Options.KeepData);
        await using var local = LocalFabric.Open(folder.Path);
        var town = await Town.FoundAsync(local.Operator, "acme");
        await town.SettleAsync(0, Users);

        // What every process needs once is not the sessions': buffers, code, the pool's threads.
        var warm = Math.Min(20_000, count / 10);
        await OpenAsync(run, town, warm, 0, SharedScopes);
        var before = await ReadAtRestAsync();
        await OpenAsync(run, town, count, warm, SharedScopes);
        var after = await ReadAtRestAsync();
        var live = local.Engine.Stats.Sessions;
        if (live != count + warm)
        {
            run.Report.Broken($"{live:N0} sessions live instead of {count + warm:N0}");
        }

        run.Report.Add("memory.bytes_per_session", (double)(after.Heap - before.Heap) / count, "bytes");
        run.Report.Add("memory.resident_bytes_per_session", (double)(after.Resident - before.Resident) / count, "bytes");
        run.Report.Add("memory.heap_mb", after.Heap / 1e6, "MB");
        run.Report.Add("memory.resident_mb", after.Resident / 1e6, "MB");

        var own = Math.Max(1, count / 10);
        await OpenAsync(run, town, own, warm + count, int.MaxValue);
        run.Report.Add("memory.bytes_per_session_own_scopes", (double)((await ReadAtRestAsync()).Heap - after.Heap) / own, "bytes");
        run.Report.Note($"the engine in this process; managed heap and resident set, each after a full blocking, compacting collection, at rest; {Users:N0} users with an agent each stood before");
        run.Report.Note($"every session has a purpose of its own; its three scopes are one of {SharedScopes} sets that many sessions share; with scopes that no other session has: see bytes_per_session_own_scopes");
    }

    private static async Task OpenAsync(ScenarioRun run, Town town, int count, int from, int customers)
    {
        using var stage = run.Log.Begin($"open {count:N0} sessions", count);
        await Swarm.ForAsync(count, Town.Callers, async i =>
        {
            _ = await town.OpenAsync(i % Users, (from + i) % customers, from + i);
            if (i % 1_000 == 0)
            {
                stage.Advance(1_000);
            }
        });
    }

    // What is still on its way to the disk (audit, checkpoint) is not the sessions': the smallest reading once it does not fall any more.
    private static async Task<(long Heap, long Resident)> ReadAtRestAsync()
    {
        var last = Read();
        for (var i = 0; i < ReadingsMax; i++)
        {
            await Task.Delay(2_000);
            var next = Read();
            if (next.Heap > last.Heap * 0.995)
            {
                return next.Heap < last.Heap ? next : last;
            }

            last = next;
        }

        return last;
    }

    private static (long Heap, long Resident) Read()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        using var process = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), process.WorkingSet64);
    }
}
