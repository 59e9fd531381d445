using Fabric.Core.Common;
using static Fabric.Client.Tests.Edges.FakeSource;

namespace Fabric.Client.Tests.Edges;

public sealed class EdgeUsageTests : IAsyncDisposable
{
    private readonly FakeSource _fabric = new();

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task A_flush_waits_for_the_delivery_that_is_under_way_and_delivers_the_rest()
    {
        await using var edge = _fabric.Start();
        var (entered, answer) = (new TaskCompletionSource(), new TaskCompletionSource<Outcome<ulong>>());
        var counted = 0L;
        _fabric.OnReport = report =>
        {
            counted += report.Lines.Sum(line => line.Count);
            entered.TrySetResult();
            return new(answer.Task);
        };
        Assert.True(edge.Check(_fabric.Issue(), Reading).Allowed);
        _fabric.Advance(1.1);
        await entered.Task;

        Assert.True(edge.Check(_fabric.Issue(), Reading).Allowed);
        var flush = edge.FlushAsync();
        Assert.False(flush.IsCompleted);
        answer.SetResult(1UL);
        await flush;
        Assert.Equal((2L, 0), (counted, edge.UsageLines));
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task A_delivery_ends_with_what_was_counted_before_it()
    {
        await using var edge = _fabric.Start();
        var (reports, token) = (0, _fabric.Issue());
        _fabric.OnReport = _ =>
        {
            // Calls never cease while the fabric takes the reports.
            reports++;
            Assert.True(edge.Check(token, Reading).Allowed);
            return new(1UL);
        };
        Assert.True(edge.Check(token, Reading).Allowed);
        await edge.FlushAsync();
        Assert.Equal((1, 1), (reports, edge.UsageLines));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Many_lines_are_delivered_less_often_and_none_is_lost()
    {
        await using var edge = _fabric.Start();
        var (delivered, reported) = (0L, new List<long>());
        _fabric.OnReport = report =>
        {
            delivered += report.Lines.Sum(line => line.Count);
            return new(1UL);
        };

        // 6,000 lines are worth 3 s: the next delivery is not one second later but three.
        var tokens = Enumerable.Range(0, 6_000).Select(_ => _fabric.Issue()).ToArray();
        for (var second = 0; second < 6; second++)
        {
            foreach (var token in second == 0 ? tokens : tokens[..1])
            {
                Assert.True(edge.Check(token, Reading).Allowed);
            }

            _fabric.Advance(1);
            reported.Add(delivered);
        }

        await edge.FlushAsync();
        Assert.Equal(6_005, delivered);
        Assert.Equal([6_000, 6_000, 6_000, 6_003, 6_004], reported[..5]);
    }

    public ValueTask DisposeAsync() => _fabric.DisposeAsync();
}
