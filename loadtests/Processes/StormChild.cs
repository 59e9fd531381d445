using System.Text.Json;
using Fabric.Client.Http;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Processes;

/// <summary>The storm's process itself: orders in on standard input, an answer to each on standard output, one JSON object a line.</summary>
internal static class StormChild
{
    /// <summary>The hidden verb that runs it: the host's address, the tenant, how many users it has and how many callers revoke them follow.</summary>
    public const string Verb = "storm-child";

    /// <summary>The environment variable with the key of the tenant's admin.</summary>
    public const string SecretVariable = "FABRIC_STORM_SECRET";

    /// <summary>Runs until the input ends.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var address, var tenant, var users, var callers] || !int.TryParse(users, out var userCount) || !int.TryParse(callers, out var callerCount)
            || Environment.GetEnvironmentVariable(SecretVariable) is not { Length: > 0 } secret)
        {
            await Console.Error.WriteLineAsync($"{Verb} is started by the load tests");
            return LoadCommands.NotRun;
        }

        // Waiting for the next order keeps one thread of the pool: beside it the callers have as many as there are cores.
        ThreadPool.GetMinThreads(out var workers, out var ports);
        _ = ThreadPool.SetMinThreads(workers + 1, ports);
        using var fabric = new FabricHttpClient(new Uri(address), secret);
        var turn = 0L;
        await ServeAsync(Console.In, Console.Out, callerCount, async () =>
        {
            var user = Town.User((int)(Interlocked.Increment(ref turn) % userCount));
            await fabric.RevokeAsync(new RevokeRequest(new NodeDto("user", tenant, user), Mode: "generation", Reason: "storm")).Need("revoke in the storm");
        });
        return 0;
    }

    /// <summary>Takes orders until the input ends; a new one stops what the one before began.</summary>
    public static async Task ServeAsync(TextReader orders, TextWriter answers, int callers, Func<Task> revoke)
    {
        StormWork? work = null;
        while (await orders.ReadLineAsync() is { } line)
        {
            var order = JsonSerializer.Deserialize(line, StormJson.Default.StormOrder)!;
            var tally = work is null ? new StormTally() : await work.StopAsync();
            work?.Dispose();
            work = order.Op switch
            {
                StormOps.Revoke => StormWork.Revoke(callers, revoke),
                StormOps.Burn => StormWork.Burn(order.Cores),
                _ => null,
            };
            await answers.WriteLineAsync(JsonSerializer.Serialize(tally, StormJson.Default.StormTally));
            await answers.FlushAsync();
        }

        if (work is not null)
        {
            _ = await work.StopAsync();
            work.Dispose();
        }
    }
}
