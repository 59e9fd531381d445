using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Drills;

/// <summary>Turns at a rate, whoever takes them. A turn that is late is taken at once, so that the rate holds; any thread.</summary>
internal sealed class PacedTurns(int perSecond)
{
    private readonly long _fromNs = Clock.NowNs;
    private long _taken;

    /// <summary>Waits for the next turn; false when told to stop before.</summary>
    public async Task<bool> NextAsync(CancellationToken stop)
    {
        var dueNs = _fromNs + (Interlocked.Increment(ref _taken) * 1_000_000_000L / perSecond);
        var waitMs = Clock.Ms(Clock.NowNs, dueNs);
        try
        {
            if (waitMs > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(waitMs), stop);
            }

            return !stop.IsCancellationRequested;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
