using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Fabric.LoadTests.Processes;

/// <summary>A storm's callers in a process of their own: this program again, with its own connections to the host, told what to do through its standard input.</summary>
internal sealed class StormProcess : IAsyncDisposable
{
    /// <summary>How far the callers stand back who must not take a core that the host wants: as far as there is.</summary>
    public const int StandsBack = 19;

    private readonly Process _process;

    private StormProcess(Process process) => _process = process;

    /// <summary>Its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Starts it. <paramref name="secret"/>: a key of the tenant's admin. <paramref name="nice"/>: 0, or how far it stands back.</summary>
    public static StormProcess Start(Uri host, string secret, string tenant, int users, int callers, int nice)
    {
        var start = ThisProgram.Again(
            nice, StormChild.Verb, host.ToString(), tenant, users.ToString(CultureInfo.InvariantCulture), callers.ToString(CultureInfo.InvariantCulture));

        // Not an argument: the arguments of a process are open to all its machine's users.
        start.Environment[StormChild.SecretVariable] = secret;
        return new StormProcess(Process.Start(start) ?? throw new LoadException("the storm's process could not be started"));
    }

    /// <summary>Begins to revoke.</summary>
    public Task RevokeAsync() => OrderAsync(new StormOrder(StormOps.Revoke));

    /// <summary>Begins to use as much processor time as so many cores have, on nothing.</summary>
    public Task BurnAsync(double cores) => OrderAsync(new StormOrder(StormOps.Burn, cores));

    /// <summary>Stops, waits for what is under way, and tells what was done. Throws <see cref="LoadException"/> when the work had ended by a fault.</summary>
    public Task<StormTally> StopAsync() => OrderAsync(new StormOrder(StormOps.Stop));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ThisProgram.EndAsync(_process);
        _process.Dispose();
    }

    private async Task<StormTally> OrderAsync(StormOrder order)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order, StormJson.Default.StormOrder));
        await _process.StandardInput.FlushAsync();
        var answer = await _process.StandardOutput.ReadLineAsync() ?? throw new LoadException("the storm's process has ended");
        var tally = JsonSerializer.Deserialize(answer, StormJson.Default.StormTally)!;
        return tally.Fault is null ? tally : throw new LoadException($"the storm's process: {tally.Fault}");
    }
}
