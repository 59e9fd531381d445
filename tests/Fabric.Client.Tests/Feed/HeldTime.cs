namespace Fabric.Client.Tests.Feed;

/// <summary>Another provider's time, of which one reading is held up until the test lets it go: whoever reads stands still there.</summary>
internal sealed class HeldTime(TimeProvider time) : TimeProvider, IDisposable
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _letGo = new();
    private int _readings = int.MinValue;

    public override long TimestampFrequency => time.TimestampFrequency;

    /// <summary>Completes when a reader stands still.</summary>
    public Task Held => _held.Task;

    /// <summary>Holds up one reading, after so many more.</summary>
    public void HoldAfter(int readings) => Volatile.Write(ref _readings, readings);

    public void LetGo() => _letGo.Set();

    public override long GetTimestamp()
    {
        if (Interlocked.Decrement(ref _readings) == -1)
        {
            _held.SetResult();
            _letGo.Wait();
        }

        return time.GetTimestamp();
    }

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);

    public void Dispose() => _letGo.Dispose();
}
