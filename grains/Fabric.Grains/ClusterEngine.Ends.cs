namespace Fabric.Grains;

/// <content>How a silo ends.</content>
public sealed partial class ClusterEngine
{
    /// <summary>
    /// Ends the silo as a crash would: nothing is handed back or written, so that others wait for its leases. For demonstrations and tests, where silos share a process that cannot be killed.
    /// Close its HTTP host before.
    /// </summary>
    public async Task CrashAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await Parts.Crashed.CancelAsync().ConfigureAwait(false);

        // Orleans, told not to wait, says no more than that this silo is dead.
        try
        {
            await _host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It did not wait.
        }

        Parts.Early.Dispose();
        await _sweeper.DisposeAsync().ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    private async Task CloseAsync()
    {
        await Parts.Client.DisposeAsync().ConfigureAwait(false);
        await Audit.DisposeAsync().ConfigureAwait(false);
        await Parts.Relay.DisposeAsync().ConfigureAwait(false);
        Parts.Meter?.Dispose();
        _host.Dispose();
        _taking.Dispose();
        _ended.Dispose();
        Parts.Crashed.Dispose();
        await Parts.Store.DisposeAsync().ConfigureAwait(false);
    }
}
