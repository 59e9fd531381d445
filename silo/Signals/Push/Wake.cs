namespace Fabric.Silo.Signals.Push;

/// <summary>Wakes one that waits. A call while nobody waits wakes the next wait at once; several are one.</summary>
internal sealed class Wake(TimeProvider time)
{
    private TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Call() => Volatile.Read(ref _called).TrySetResult();

    /// <summary>Returns when it was called, or after a time.</summary>
    public async Task WaitAsync(TimeSpan most, CancellationToken cancellation)
    {
        try
        {
            await Volatile.Read(ref _called).Task.WaitAsync(most, time, cancellation);
        }
        catch (TimeoutException)
        {
            return;
        }

        // Whoever calls from here on is heard by the next wait; what was called before is looked at now.
        Volatile.Write(ref _called, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
