using System.Collections.Concurrent;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Tests.Processes;

public sealed class ScheduledChecksTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Groups_are_checked_in_turn_and_each_kind_of_answer_is_counted_by_itself()
    {
        var edge = new FakeEdge(token => token switch
        {
            "dead" => Codes.SessionRevoked,
            "late" => Codes.CheckStale,
            _ => null,
        }, "late", wanted: 10);
        var schedule = new ScheduledChecks(edge);
        Assert.Null(schedule.Watch(1, "alive", [Call("alive")], 2_000).Fault);
        Assert.Null(schedule.Watch(2, "mixed", [Call("dead"), Call("late")], 2_000).Fault);
        await edge.Checked.Task.WaitAsync(Patience);
        schedule.Stop();

        var groups = schedule.Seen(3).Seen!.Groups.ToDictionary(group => group.Name);
        var (alive, mixed) = (groups["alive"], groups["mixed"]);
        Assert.Equal((edge.Times("alive"), 0, 0), (alive.Allowed, alive.Denied, alive.Stale));
        Assert.Equal((0, edge.Times("dead"), edge.Times("late")), (mixed.Allowed, mixed.Denied, mixed.Stale));
        Assert.True(mixed.Denied >= 5 && mixed.Stale >= 5, "both calls of a group have their turn");
        Assert.Equal((Codes.SessionRevoked, 0, true), (mixed.FirstCode, mixed.LastAllowedNs, mixed.FirstDeniedNs > 0));
        Assert.Equal((0, true), (alive.FirstDeniedNs, alive.LastAllowedNs > 0));
    }

    [Fact]
    public async Task Buckets_hold_every_check_once()
    {
        var edge = new FakeEdge(_ => null, "alive", wanted: 100);
        var schedule = new ScheduledChecks(edge);
        schedule.Watch(1, "alive", [Call("alive")], 5_000);
        await edge.Checked.Task.WaitAsync(Patience);
        schedule.Stop();

        var buckets = schedule.Buckets(2, "alive", 0).Buckets!;
        Assert.Equal(edge.Times("alive"), buckets.Sum(bucket => bucket.Allowed));
        Assert.Equal(buckets.Count, buckets.Select(bucket => bucket.Number).Distinct().Count());
        Assert.Equal([buckets[^1].Number], schedule.Buckets(3, "alive", buckets[^1].Number).Buckets!.Select(bucket => bucket.Number));
    }

    [Fact]
    public async Task What_is_forgotten_is_not_checked_any_more_and_another_group_begins_anew()
    {
        var edge = new FakeEdge(_ => null, "second", wanted: 20);
        var schedule = new ScheduledChecks(edge);
        schedule.Watch(1, "first", [Call("first")], 5_000);
        Assert.Null(schedule.Forget(2).Fault);
        Assert.Empty(schedule.Seen(3).Seen!.Groups);
        var times = edge.Times("first");

        schedule.Watch(4, "second", [Call("second")], 5_000);
        await edge.Checked.Task.WaitAsync(Patience);
        schedule.Stop();

        Assert.Equal(times, edge.Times("first"));
        Assert.Equal(["second"], schedule.Seen(5).Seen!.Groups.Select(group => group.Name));
    }

    [Fact]
    public void What_cannot_be_watched_is_refused()
    {
        var schedule = new ScheduledChecks(new FakeEdge(_ => null, "alive", wanted: 1));

        Assert.NotNull(schedule.Watch(1, "nothing", [], 10).Fault);
        Assert.NotNull(schedule.Watch(2, "never", [Call("alive")], 0).Fault);
        Assert.NotNull(schedule.Buckets(3, "nobody", 0).Fault);
        schedule.Stop();
    }

    private static EdgeCall Call(string token) => new(token, "tool", "call", "thing", "read");

    private sealed class FakeEdge(Func<string, string?> codeOf, string waitedFor, int wanted) : ICheckingEdge
    {
        private readonly ConcurrentDictionary<string, int> _times = new();

        public TaskCompletionSource Checked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EdgeState State => new(true, 0, 0, 0, 0, 0);

        public int Times(string token) => _times.GetValueOrDefault(token);

        public Decision Check(string token, in ToolCall call)
        {
            if (_times.AddOrUpdate(token, 1, (_, times) => times + 1) == wanted && token == waitedFor)
            {
                Checked.SetResult();
            }

            var code = codeOf(token);
            return new Decision(code is null, code, 1, 0, false, null);
        }

        public Decision Check(ReadOnlySpan<byte> utf8Token, in ToolCall call) => throw new NotSupportedException();

        public ValueTask<Decision> CheckAsync(string token, ToolCall call) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
