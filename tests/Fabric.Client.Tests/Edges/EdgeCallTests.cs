using Fabric.Client.Edges;
using Fabric.Core.Common;
using static Fabric.Client.Tests.Edges.FakeSource;

namespace Fabric.Client.Tests.Edges;

public sealed class EdgeCallTests : IAsyncDisposable
{
    private readonly FakeSource _fabric = new();
    private Edge? _edge;

    private Edge Edge => _edge ??= _fabric.Start();

    [Theory]
    [InlineData(0, Codes.TenantRevoked)]
    [InlineData(1, Codes.SessionRevoked)]
    [InlineData(2, Codes.CredentialRevoked)]
    [Trait("Invariant", "R1")]
    public async Task A_call_in_flight_is_cancelled_when_anything_above_it_is_revoked(int node, string code)
    {
        var claims = _fabric.Claims();
        using var call = Edge.Begin(_fabric.Issue(claims), Writing);
        using var other = Edge.Begin(_fabric.Issue(), Writing);
        using var ended = Edge.Begin(_fabric.Issue(claims), Writing);
        ended.Dispose();
        Assert.True(call.Decision.Allowed);
        Assert.Equal(2, Edge.CallsInFlight);
        var fired = new TaskCompletionSource();
        await using var registration = call.CancellationToken.Register(fired.SetResult);

        Assert.Equal(node == 0 ? 2 : 1, _fabric.Revoke(claims.Lineage.Nodes[node]));
        await fired.Task;
        Assert.Equal(code, call.CancelledBy);
        Assert.Equal(node == 0, other.CancelledBy is not null);
        Assert.Null(ended.CancelledBy);
        Assert.Equal(0, _fabric.Revoke(claims.Lineage.Nodes[node]));
        call.Dispose();
        call.Dispose();
        Assert.Equal(1, Edge.CallsInFlight);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_call_in_flight_is_cancelled_when_the_key_of_its_token_is_revoked()
    {
        var (signer, other) = MakeKey("acme-2");
        _fabric.Keys.Add(other);
        var token = _fabric.Issue();
        using var call = Edge.Begin(token, Writing);
        using var spared = Edge.Begin(_fabric.Issue(signer: signer), Writing);
        Assert.True(call.Decision.Allowed && spared.Decision.Allowed);

        Assert.Equal(1, _fabric.RevokeKey());
        Assert.Equal((Codes.TokenKeyRevoked, null), (call.CancelledBy, spared.CancelledBy));
        Assert.Equal(Codes.TokenKeyRevoked, Edge.Check(token, Reading).Code);
        Assert.Equal(Codes.TokenKeyRevoked, Edge.Check(_fabric.Issue(), Reading).Code);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_call_in_flight_is_cancelled_when_the_key_of_its_token_is_gone()
    {
        var (signer, other) = MakeKey("acme-2");
        _fabric.Keys.Add(other);
        using var call = Edge.Begin(_fabric.Issue(), Writing);
        using var spared = Edge.Begin(_fabric.Issue(signer: signer), Writing);

        Assert.Equal(1, _fabric.ForgetKey());
        Assert.Equal((Codes.TokenKeyUnknown, null), (call.CancelledBy, spared.CancelledBy));
    }

    [Fact]
    public void A_lock_cancels_too_and_a_revocation_of_another_lineage_does_not()
    {
        var claims = _fabric.Claims();
        using var call = Edge.Begin(_fabric.Issue(claims), Reading);
        _fabric.Revoke(_fabric.Claims().Lineage.Nodes[1]);
        Assert.Null(call.CancelledBy);
        _fabric.Revoke(claims.Lineage.Nodes[1], lockedUntil: Instant.From(_fabric.Time.GetUtcNow()) + TimeSpan.FromMinutes(1));
        Assert.Equal(Codes.SessionLocked, call.CancelledBy);
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public async Task A_call_in_flight_is_cancelled_when_the_lease_no_longer_covers_its_class()
    {
        _fabric.OnCheck = (_, _, _) => new(new FabricAnswer(true, null, 1, _fabric.Clock.SentMs));
        var token = _fabric.Issue();
        using var read = Edge.Begin(token, Reading);
        using var write = Edge.Begin(token, Writing);
        using var destroy = await Edge.BeginAsync(token, Destroying);
        _fabric.Advance(1, renew: false);
        Assert.Null(write.CancelledBy);
        _fabric.Advance(0.1, renew: false);
        Assert.Equal((null, Codes.CheckStale, Codes.CheckStale), (read.CancelledBy, write.CancelledBy, destroy.CancelledBy));
        _fabric.Advance(4, renew: false);
        Assert.Equal(Codes.CheckStale, read.CancelledBy);
    }

    [Fact]
    public void A_call_in_flight_is_cancelled_when_its_credential_expires()
    {
        using var call = Edge.Begin(_fabric.Issue(), Reading);
        for (var i = 0; i < 604; i++)
        {
            _fabric.LeaseMomentMs = _fabric.Clock.SentMs + 1_000;
            _fabric.Advance(1);
        }

        Assert.Null(call.CancelledBy);
        _fabric.LeaseMomentMs += 2_000;
        _fabric.Advance(1.1);
        Assert.Equal(Codes.TokenExpired, call.CancelledBy);
    }

    [Fact]
    public void A_denied_call_is_cancelled_from_the_start_and_not_in_flight()
    {
        using var call = Edge.Begin("no token", Reading);
        Assert.False(call.Decision.Allowed);
        Assert.True(call.CancellationToken.IsCancellationRequested);
        Assert.Equal((Codes.TokenMalformed, 0), (call.CancelledBy, Edge.CallsInFlight));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void More_calls_than_there_may_be_are_denied()
    {
        _edge = _fabric.Start(options => options.CallsInFlightMax = 2);
        var token = _fabric.Issue();
        using var one = Edge.Begin(token, Reading);
        var two = Edge.Begin(token, Reading);
        Assert.Equal(Codes.LimitReached, Edge.Begin(token, Reading).Decision.Code);
        two.Dispose();
        using var three = Edge.Begin(token, Reading);
        Assert.True(three.Decision.Allowed);
    }

    public async ValueTask DisposeAsync()
    {
        if (_edge is not null)
        {
            await _edge.DisposeAsync();
        }
    }
}
