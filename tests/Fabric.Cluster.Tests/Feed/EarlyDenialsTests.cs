using System.Collections.Concurrent;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Grains.Feed;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Cluster.Tests.Feed;

/// <summary>What is denied ahead of the order, and what becomes of it.</summary>
public sealed class EarlyDenialsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ManualTimeProvider _time = new();
    private readonly ConcurrentQueue<int> _pushed = new();
    private readonly SemaphoreSlim _push = new(0);
    private readonly EarlyDenials _early;

    public EarlyDenialsTests() => _early = new EarlyDenials(
        records =>
        {
            _pushed.Enqueue(records.Count);
            _push.Release();
            return Task.CompletedTask;
        },
        _time, NullLogger.Instance);

    [Fact]
    public async Task What_storage_takes_at_once_is_not_denied_ahead_of_it()
    {
        var done = await _early.RunAsync("acme", () => Task.FromResult(Outcome<int>.Of(7)), () => Records(1), Patience);
        Assert.Equal(7, done!.Value.Value);
        Assert.Empty(_pushed);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_try_that_throws_is_made_again_until_storage_takes_it()
    {
        var (tries, stored) = (0, new TaskCompletionSource());
        var running = _early.RunAsync(
            "acme",
            () =>
            {
                tries++;
                if (tries < 4)
                {
                    throw new FeedLogLostException("away");
                }

                stored.SetResult();
                return Task.FromResult(Outcome<int>.Of(tries));
            },
            () => Records(3), Timeout.InfiniteTimeSpan);
        while (await Task.WhenAny(_time.WhenArmed(), stored.Task) != stored.Task)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
        }

        Assert.Equal(4, (await running)!.Value.Value);
        Assert.Equal([3], _pushed);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task One_tenant_that_has_many_waiting_takes_nobody_elses_room()
    {
        var away = new TaskCompletionSource<Outcome<int>>();
        var first = RunAsync("acme", EarlyDenials.RecordsMax);
        await PushedAsync();

        // No room for more of the same tenant: it waits for storage, and denies nothing before.
        var second = RunAsync("acme", 1);
        var other = RunAsync("globex", 1);
        await PushedAsync();
        away.SetResult(Outcome<int>.Of(1));
        Assert.All(await Task.WhenAll(first, second, other), done => Assert.Equal(1, done!.Value.Value));
        Assert.Equal([EarlyDenials.RecordsMax, 1], _pushed);

        // What is stored makes room again.
        away = new TaskCompletionSource<Outcome<int>>();
        var third = RunAsync("acme", EarlyDenials.RecordsMax);
        await PushedAsync();
        away.SetResult(Outcome<int>.Of(2));
        Assert.Equal(2, (await third)!.Value.Value);

        // Its first wait has begun when this returns.
        Task<Outcome<int>?> RunAsync(string tenant, int records) => _early.RunAsync(tenant, () => away.Task, () => Records(records), Timeout.InfiniteTimeSpan);

        Task PushedAsync()
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            return _push.WaitAsync();
        }
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_silo_that_stops_waits_for_what_storage_has_not_taken_yet()
    {
        var away = new TaskCompletionSource<Outcome<int>>();
        var running = _early.RunAsync("acme", () => away.Task, () => Records(1), Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await _push.WaitAsync();
        var stopping = _early.StopAsync(Patience);
        Assert.False(stopping.IsCompleted);
        away.SetResult(Outcome<int>.Of(1));
        await stopping;
        Assert.Equal(1, (await running)!.Value.Value);
    }

    [Fact]
    public async Task A_silo_that_stops_does_not_wait_for_ever()
    {
        var running = _early.RunAsync("acme", () => new TaskCompletionSource<Outcome<int>>().Task, () => Records(1), Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await _push.WaitAsync();
        var stopping = _early.StopAsync(Patience);
        Assert.False(stopping.IsCompleted);
        _time.Advance(Patience);
        await stopping;
        _early.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    public void Dispose()
    {
        _early.Dispose();
        _push.Dispose();
    }

    private static IndexRecord[] Records(int count) => [.. Enumerable.Range(1, count).Select(i => new IndexRecord(new Handle(1, (ulong)i), NodeKind.Credential, IndexRecord.Terminal, default, default))];
}
