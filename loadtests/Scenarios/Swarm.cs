namespace Fabric.LoadTests.Scenarios;

/// <summary>Many callers at once.</summary>
internal static class Swarm
{
    /// <summary>Does something for each of 0 to <paramref name="count"/> - 1, with so many callers at once. The first fault ends it.</summary>
    public static async Task ForAsync(int count, int callers, Func<int, Task> each)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(callers, count)).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                await each(i);
            }
        })));
    }

    /// <summary>Lets so many callers do something over and over until it is time.</summary>
    public static Task UntilAsync(int callers, Func<int, Task> each, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await each(caller);
            }
        })));
}
