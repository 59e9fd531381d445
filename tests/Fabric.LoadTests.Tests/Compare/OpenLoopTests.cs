using Fabric.LoadTests.Compare.Pairs;

namespace Fabric.LoadTests.Tests.Compare;

public sealed class OpenLoopTests
{
    private const long Ms = 1_000_000;

    private long _nowNs;

    [Fact]
    public async Task A_stall_counts_for_all_that_were_due_while_it_lasted()
    {
        // One is due each millisecond; the first stands still for five.
        var latencies = await Loop().RunAsync(10, 1_000, i =>
        {
            _nowNs += i == 0 ? 5 * Ms : 0;
            return ValueTask.CompletedTask;
        });

        Assert.Equal(10, latencies.Count);
        Assert.Equal(5 * Ms, latencies.MaxNs);

        // Late by 5, 4, 3, 2, 1 and then in time: a closed loop would have seen one slow operation of ten.
        Assert.InRange(latencies.PercentileNs(60), 1 * Ms, 1.01 * Ms);
        Assert.InRange(latencies.PercentileNs(90), 4 * Ms, 4.04 * Ms);
    }

    [Fact]
    public async Task The_next_is_sent_when_it_is_due_and_not_when_the_one_before_is_answered()
    {
        var first = new TaskCompletionSource();
        var sentNs = new List<long>();

        var latencies = await Loop().RunAsync(3, 1_000, i =>
        {
            sentNs.Add(_nowNs);
            if (i == 2)
            {
                first.SetResult();
            }

            return i == 0 ? new ValueTask(first.Task) : ValueTask.CompletedTask;
        });

        Assert.Equal([0, 1 * Ms, 2 * Ms], sentNs);
        Assert.Equal((3, 2 * Ms), (latencies.Count, latencies.MaxNs));
    }

    private OpenLoop Loop() => new(() => _nowNs, () => _nowNs += Ms / 10);
}
