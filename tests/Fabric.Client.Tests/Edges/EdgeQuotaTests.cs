using Fabric.Client.Edges;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;
using static Fabric.Client.Tests.Edges.FakeSource;

namespace Fabric.Client.Tests.Edges;

public sealed class EdgeQuotaTests : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly FakeSource _fabric = new();
    private long _left;
    private long _most;

    [Theory]
    [InlineData(10)]
    [InlineData(1_000)]
    public async Task Several_edges_together_never_exceed_a_quota_and_use_it_up(int limit)
    {
        _left = limit;
        _fabric.OnTakeQuota = (_, want) => new(Take(want));
        var token = Issue(new QuotaRef(new Handle(8, 8), limit, 0));
        Edge[] edges = [_fabric.Start(), _fabric.Start(), _fabric.Start()];
        var allowed = 0;
        await Task.WhenAll(Enumerable.Range(0, 12).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 150; i++)
            {
                if ((await edges[worker % 3].CheckAsync(token, Reading)).Allowed)
                {
                    Interlocked.Increment(ref allowed);
                }
            }
        })));

        // What lies idle at one edge comes back and is used by the next.
        for (var round = 0; round < 3; round++)
        {
            _fabric.Advance(2);
            foreach (var edge in edges)
            {
                await edge.FlushAsync();
                GiveBack();
            }

            while ((await edges[round].CheckAsync(token, Reading)).Allowed)
            {
                allowed++;
            }
        }

        Assert.Equal(limit, allowed);
        Assert.Equal(Codes.QuotaExhausted, (await edges[0].CheckAsync(token, Reading)).Code);
        Assert.Equal(Codes.QuotaExhausted, edges[0].Check(token, Reading).Code);
        await Task.WhenAll(edges.Select(async edge => await edge.DisposeAsync()));
    }

    [Fact]
    public async Task Units_that_are_held_at_the_end_go_back()
    {
        _left = 6_400;
        _fabric.OnTakeQuota = (_, want) => new(Take(want));
        var edge = _fabric.Start();
        var token = Issue(new QuotaRef(new Handle(8, 8), 6_400, 0));
        for (var i = 0; i < 100; i++)
        {
            Assert.True((await edge.CheckAsync(token, Reading)).Allowed);
        }

        Assert.InRange(_most, 2, 100);
        await edge.DisposeAsync();
        GiveBack();
        Assert.Equal(6_300, _left);
    }

    [Fact]
    public async Task A_rate_that_is_used_denies_until_its_window_ends_and_a_fabric_that_is_away_denies()
    {
        var token = Issue(new QuotaRef(new Handle(8, 9), 2, 60_000));
        await using var edge = _fabric.Start();
        Assert.Equal(Codes.CheckUnavailable, (await edge.CheckAsync(token, Reading)).Code);
        Assert.Equal(Codes.QuotaSliceNeeded, edge.Check(token, Reading).Code);

        var window = 1;
        _left = 2;
        _fabric.OnTakeQuota = (_, _) =>
        {
            lock (_gate)
            {
                var units = Math.Min(_left, 1);
                _left -= units;
                return new(units == 0
                    ? (Outcome<QuotaUnits>)new Rejection(Codes.RateExceeded, "quota", "used")
                    : new QuotaUnits(units, 30_000, window, _fabric.Clock.SentMs));
            }
        };
        Assert.True((await edge.CheckAsync(token, Reading)).Allowed);
        Assert.True((await edge.CheckAsync(token, Reading)).Allowed);
        Assert.Equal(Codes.RateExceeded, (await edge.CheckAsync(token, Reading)).Code);
        (_left, window) = (2, 2);
        _fabric.Advance(30.1);
        Assert.True((await edge.CheckAsync(token, Reading)).Allowed);
    }

    public ValueTask DisposeAsync() => _fabric.DisposeAsync();

    private string Issue(QuotaRef quota) => _fabric.Issue(_fabric.Claims(new ScopeEntry("*", "*", "*", ScopeConstraints.None, [quota])));

    private Outcome<QuotaUnits> Take(long want)
    {
        lock (_gate)
        {
            var units = Math.Min(want, _left);
            _left -= units;
            _most = Math.Max(_most, want);
            return new QuotaUnits(units, 0, 0, _fabric.Clock.SentMs);
        }
    }

    private void GiveBack()
    {
        lock (_fabric.Returned)
        {
            _left += _fabric.Returned.Sum(units => units.Units);
            _fabric.Returned.Clear();
        }
    }
}
