using System.Security.Cryptography;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Processes;

/// <summary>One stretch of a storm, or of burning as much processor time as a storm's callers take. Ends when it is stopped, or by the first fault.</summary>
internal sealed class StormWork : IDisposable
{
    private const int BurnMsAtOnce = 1;

    private readonly CancellationTokenSource _stop = new();
    private readonly long _fromNs = Clock.NowNs;
    private readonly TimeSpan _ranBefore = Environment.CpuUsage.TotalTime;
    private readonly Task _work;
    private long _revoked;

    private StormWork(Func<StormWork, Task> work) => _work = work(this);

    /// <summary>So many callers revoke over and over.</summary>
    public static StormWork Revoke(int callers, Func<Task> revoke) => new(work => Swarm.UntilAsync(callers, async _ =>
    {
        try
        {
            await revoke();
            Interlocked.Increment(ref work._revoked);
        }
        catch
        {
            await work._stop.CancelAsync();
            throw;
        }
    }, work._stop.Token));

    /// <summary>Keeps so many cores busy, or parts of one.</summary>
    public static StormWork Burn(double cores) => new(work => Task.WhenAll(
        Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(() => work.BurnUntilStopped(cores), TaskCreationOptions.LongRunning))));

    /// <summary>What is still to burn to have kept so many cores busy, in milliseconds; 0 or less: nothing.</summary>
    public static double OwedMs(double cores, double tookMs, double ranMs) => (cores * tookMs) - ranMs;

    /// <summary>Stops it, waits for what is under way, and tells what was done.</summary>
    public async Task<StormTally> StopAsync()
    {
        await _stop.CancelAsync();
        string? fault = null;
        try
        {
            await _work;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            fault = $"{error.GetType().Name}: {error.Message}";
        }

        return new StormTally(Interlocked.Read(ref _revoked), RanMs, Clock.Ms(_fromNs, Clock.NowNs), fault);
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private double RanMs => (Environment.CpuUsage.TotalTime - _ranBefore).TotalMilliseconds;

    private void BurnUntilStopped(double cores)
    {
        var bytes = new byte[4096];
        while (!_stop.IsCancellationRequested)
        {
            if (OwedMs(cores, Clock.Ms(_fromNs, Clock.NowNs), RanMs) <= 0)
            {
                _ = _stop.Token.WaitHandle.WaitOne(BurnMsAtOnce);
                continue;
            }

            for (var beganNs = Clock.NowNs; Clock.Ms(beganNs, Clock.NowNs) < BurnMsAtOnce;)
            {
                _ = SHA256.HashData(bytes, bytes);
            }
        }
    }
}
