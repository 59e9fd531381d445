using Fabric.Client.Edges;
using Fabric.Contracts.Audit;
using Fabric.Core.Common;
using static Fabric.Client.Tests.Edges.FakeSource;

namespace Fabric.Client.Tests.Edges;

public sealed class EdgeCheckTests : IAsyncDisposable
{
    private readonly FakeSource _fabric = new();
    private Edge? _edge;

    private Edge Edge => _edge ??= _fabric.Start();

    [Fact]
    [Trait("Invariant", "R2")]
    public void A_local_check_decides_reads_and_writes_under_the_lease_and_asks_for_nothing()
    {
        var token = _fabric.Issue();
        Assert.True(Edge.Check(token, Reading).Allowed);
        Assert.True(Edge.Check(System.Text.Encoding.ASCII.GetBytes(token), Writing).Allowed);
        Assert.Equal(Codes.CheckNeedsAuthority, Edge.Check(token, Destroying).Code);
        Assert.Equal(Codes.CheckNeedsAuthority, Edge.Check(token, Reading, new CheckOptions(Authoritative: true)).Code);
        Assert.Equal(Codes.CheckBehindRevision, Edge.Check(token, Reading, new CheckOptions(MinRevision: 1)).Code);
        Assert.Equal(Codes.TooLarge, Edge.Check(token, Reading with { Resource = new string('x', 5_000) }).Code);

        _fabric.Advance(1.001, renew: false);
        Assert.Equal(Codes.CheckStale, Edge.Check(token, Writing).Code);
        Assert.True(Edge.Check(token, Reading).Allowed);
        Assert.Throws<ArgumentNullException>(() => Edge.Check((string)null!, Reading));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_destructive_call_is_decided_by_the_fabric_and_by_what_was_learnt_since()
    {
        var claims = _fabric.Claims();
        var token = _fabric.Issue(claims);
        _fabric.OnCheck = (_, _, _) => new(new FabricAnswer(true, null, 9, _fabric.Clock.SentMs));
        Assert.True((await Edge.CheckAsync(token, Destroying)).Allowed);

        // An allow that took longer than it is good for.
        var asked = _fabric.Clock.SentMs;
        _fabric.OnCheck = (_, _, _) =>
        {
            _fabric.Advance(1.001);
            return new(new FabricAnswer(true, null, 9, asked));
        };
        Assert.Equal(Codes.CheckUnavailable, (await Edge.CheckAsync(token, Destroying)).Code);

        // A revocation that arrived before the answer did.
        _fabric.OnCheck = (_, _, _) =>
        {
            _fabric.Revoke(claims.Lineage.Nodes[1]);
            return new(new FabricAnswer(true, null, 9, _fabric.Clock.SentMs));
        };
        Assert.Equal(Codes.SessionRevoked, (await Edge.CheckAsync(token, Destroying)).Code);

        var other = _fabric.Issue();
        _fabric.OnCheck = (_, _, _) => new(new FabricAnswer(false, Codes.AgentLocked, 10, _fabric.Clock.SentMs));
        var denied = await Edge.CheckAsync(other, Destroying);
        Assert.Equal((false, Codes.AgentLocked, 10UL), (denied.Allowed, denied.Code, denied.Revision));
        Assert.Equal("billing", denied.Claims!.ClientId);
    }

    [Fact]
    public async Task A_fabric_that_is_away_slow_or_broken_denies()
    {
        var token = _fabric.Issue();
        Assert.Equal(Codes.CheckUnavailable, (await Edge.CheckAsync(token, Destroying)).Code);

        _fabric.OnCheck = async (_, _, cancellation) =>
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellation);
            return Away;
        };
        var slow = Edge.CheckAsync(token, Destroying);
        _fabric.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Codes.CheckUnavailable, (await slow).Code);

        using var caller = new CancellationTokenSource();
        var given = Edge.CheckAsync(token, Destroying, cancellation: caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await given);

        _fabric.OnCheck = (_, _, _) => throw new InvalidOperationException("a bug");
        Assert.Equal(Codes.CheckFailed, (await Edge.CheckAsync(token, Destroying)).Code);
    }

    [Fact]
    public async Task An_asynchronous_check_waits_for_the_revision_it_is_to_be_decided_at()
    {
        var token = _fabric.Issue();
        var check = Edge.CheckAsync(token, Reading, new CheckOptions(MinRevision: 5)).AsTask();
        _fabric.Reach(4);
        Assert.False(check.IsCompleted);
        _fabric.Reach(5);
        var decision = await check;
        Assert.True(decision.Allowed);
        Assert.Equal(5UL, decision.Revision);

        var late = Edge.CheckAsync(token, Reading, new CheckOptions(MinRevision: 6, Timeout: TimeSpan.FromMilliseconds(50)));
        _fabric.Time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(Codes.CheckBehindRevision, (await late).Code);
    }

    [Fact]
    public async Task An_unknown_key_is_fetched_once_for_all_who_wait_for_it()
    {
        var (signer, key) = MakeKey("acme-2");
        var fetches = 0;
        var gate = new TaskCompletionSource();
        _fabric.OnFetchKey = async kid =>
        {
            Interlocked.Increment(ref fetches);
            await gate.Task;
            return kid == key.Kid ? key : null;
        };
        var token = _fabric.Issue(signer: signer);
        Assert.Equal(Codes.TokenKeyUnknown, Edge.Check(token, Reading).Code);
        var checks = Enumerable.Range(0, 50).Select(_ => Edge.CheckAsync(token, Reading).AsTask()).ToArray();
        gate.SetResult();
        Assert.All(await Task.WhenAll(checks), decision => Assert.True(decision.Allowed, decision.Code));
        Assert.Equal(1, fetches);
        Assert.True(Edge.Check(token, Reading).Allowed);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_fetched_key_that_the_view_has_forgotten_since_is_not_brought_back()
    {
        var (signer, key) = MakeKey("acme-2");
        _fabric.OnFetchKey = _ => new(key);
        _fabric.TakesKeys = false;
        Assert.Equal(Codes.TokenKeyUnknown, (await Edge.CheckAsync(_fabric.Issue(signer: signer), Reading)).Code);
        Assert.Null(_fabric.Keys.Find(key.Kid));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Made_up_key_ids_make_no_storm()
    {
        var fetches = 0;
        _fabric.OnFetchKey = _ =>
        {
            Interlocked.Increment(ref fetches);
            return new((Core.Keys.VerificationKey?)null);
        };
        var (one, _) = MakeKey("made-up");
        var token = _fabric.Issue(signer: one);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(Codes.TokenKeyUnknown, (await Edge.CheckAsync(token, Reading)).Code);
        }

        Assert.Equal(1, fetches);
        _fabric.Advance(1);
        await Edge.CheckAsync(token, Reading);
        _fabric.Advance(1.9);
        await Edge.CheckAsync(token, Reading);
        Assert.Equal(2, fetches);

        for (var i = 0; i < 100; i++)
        {
            var (signer, _) = MakeKey($"made-up-{i}");
            await Edge.CheckAsync(_fabric.Issue(signer: signer), Reading);
        }

        Assert.InRange(fetches, 3, 2 + KeyFetcher.FetchesMax);
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task Usage_is_delivered_and_nothing_is_lost_while_the_fabric_is_away()
    {
        var reports = new List<UsageReport>();
        var away = true;
        _fabric.OnReport = report =>
        {
            reports.Add(report);
            return new(away ? (Outcome<ulong>)Away : 1UL);
        };
        var token = _fabric.Issue();
        Edge.Check(token, Reading);
        await Edge.FlushAsync();
        Edge.Check(token, Reading);
        Edge.Check(token, Reading with { Tool = "bank" });
        await Edge.FlushAsync();
        Assert.Equal(2, reports.Count);
        Assert.Equal(reports[0].ReportId, reports[1].ReportId);
        Assert.Equal(3, Edge.UsageLines);

        away = false;
        await Edge.FlushAsync();
        Assert.Equal(0, Edge.UsageLines);
        var lines = reports[2..].SelectMany(report => report.Lines).ToArray();
        Assert.Equal(3, lines.Sum(line => line.Count));
        var first = lines[0];
        Assert.Equal(
            ("edge-1", "acme", "mia", "billing", $"{1:x32}", $"{1:x32}", "airline", "read", "reservation/A1", null, false),
            (reports[2].Edge, first.Tenant, first.User, first.Agent, first.Session, first.Credential, first.Tool, first.Action, first.Resource, first.Code, first.BestEffort));
    }

    [Fact]
    public async Task A_stopped_edge_has_delivered_its_usage_handed_its_lease_back_and_denies()
    {
        var counted = 0L;
        _fabric.OnReport = report =>
        {
            counted += report.Lines.Sum(line => line.Count);
            return new(1UL);
        };
        var token = _fabric.Issue();
        Edge.Check(token, Reading);
        using var call = Edge.Begin(token, Reading);
        await Edge.StopAsync();
        Assert.Equal(2, counted);
        Assert.True(_fabric.Stopped);
        Assert.Equal(Codes.Stopping, Edge.Check(token, Reading).Code);
        Assert.Equal(Codes.Stopping, (await Edge.CheckAsync(token, Reading)).Code);
        Assert.Equal(Codes.Stopping, call.CancelledBy);
    }

    [Fact]
    public void Options_out_of_their_bounds_are_refused_by_name()
    {
        Action<FabricEdgeOptions>[] wrong =
        [
            o => o.Name = "", o => o.Tenant = "", o => o.ReadBound = TimeSpan.FromSeconds(6), o => o.WriteBound = TimeSpan.Zero, o => o.BestEffort = TimeSpan.FromHours(2),
            o => o.TokensMax = 0, o => o.TokenBytesMax = 1, o => o.UsageLinesMax = 0, o => o.FlushInterval = TimeSpan.Zero, o => o.CallsInFlightMax = 0, o => o.Timeout = TimeSpan.Zero,
        ];
        Assert.All(wrong, change => Assert.Contains("option `", Assert.Throws<ArgumentException>(() => _fabric.Start(change)).Message, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        if (_edge is not null)
        {
            await _edge.DisposeAsync();
        }
    }
}
