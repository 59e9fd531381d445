using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Leases;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Engine.Feed;

namespace Fabric.Engine.Tests.Feed;

public sealed class HubRefusalTests
{
    [Fact]
    public async Task A_malformed_frame_ends_its_connection_with_a_code_and_no_other()
    {
        await using var fixture = new HubFixture();
        var healthy = await TestEdge.ConnectAsync(fixture.Hub, "healthy", 1);
        byte[][] malformed =
        [
            [], [0], [0x7F], [(byte)FrameType.Ack], [(byte)FrameType.Ack, 1, 2], [(byte)FrameType.Records, 0], [(byte)FrameType.Hello, 1],
            [(byte)FrameType.Bye, 0], [(byte)FrameType.Renew, 0, 0, 0, 0, 0, 0, 0, 1], [(byte)FrameType.Check, 0, 0, 0, 1], [(byte)FrameType.Usage, 0, 0, 0, 1],
        ];
        foreach (var frame in malformed)
        {
            var edge = await TestEdge.ConnectAsync(fixture.Hub, "bad", 2);
            edge.Transport.SendRaw(frame);
            Assert.Equal(Codes.MalformedRequest, await edge.UntilClosedAsync());
            Assert.Equal(Codes.MalformedRequest, await edge.Serving);
        }

        fixture.Revoke();
        await healthy.UntilAsync(e => e.Applied == 1);
    }

    [Fact]
    public async Task Random_frames_end_connections_and_never_the_hub()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        await using var fixture = new HubFixture();
        for (var round = 0; round < 300; round++)
        {
            var edge = new TestEdge(fixture.Hub);
            if (round % 2 == 0)
            {
                edge.Hello();
            }

            for (var i = 0; i < 5; i++)
            {
                var bytes = new byte[random.Next(1, 60)];
                random.NextBytes(bytes);
                bytes[0] = (byte)random.Next(0, 10);
                edge.Transport.SendRaw(bytes);
            }

            edge.Transport.CloseEdge();
            Assert.True(await edge.Serving is Codes.MalformedRequest or Codes.FeedVersion or FeedHub.Disconnected, $"seed {Seed}");
        }

        Assert.Equal(0, fixture.Hub.Connections);
    }

    [Theory]
    [InlineData(1ul)]
    [InlineData(ulong.MaxValue)]
    [Trait("Invariant", "R1")]
    public async Task An_acknowledgement_of_what_was_not_sent_ends_the_connection(ulong past)
    {
        await using var fixture = new HubFixture();
        fixture.Revoke(10);
        var edge = await TestEdge.ConnectAsync(fixture.Hub);
        edge.Transport.Stall();
        fixture.Revoke(10);
        edge.Transport.Send(to => new AckFrame(past == 1 ? 21 : past, 0).Write(to));
        edge.Transport.Unstall();

        Assert.Equal(Codes.MalformedRequest, await edge.UntilClosedAsync());
    }

    [Fact]
    public async Task A_hello_is_refused_for_its_version_its_tenant_and_the_number_of_connections()
    {
        await using var fixture = new HubFixture(options: new FeedHubOptions { ConnectionsMax = 1 });

        Assert.Equal(Codes.FeedVersion, await RefusedAsync(fixture, 2, null, null));
        Assert.Equal(Codes.Forbidden, await RefusedAsync(fixture, 1, "acme", "other"));
        Assert.Equal(Codes.NotFound, await RefusedAsync(fixture, 1, "unknown", null));
        _ = await TestEdge.ConnectAsync(fixture.Hub, "first", 1);
        Assert.Equal(Codes.LimitReached, await RefusedAsync(fixture, 1, null, null));
    }

    [Theory]
    [InlineData("acme", 0, 60_000u, false)]
    [InlineData(null, 0, 60_000u, false)]
    [InlineData("acme", 60, 60_000u, true)]
    [InlineData("acme", 60, 60_001u, false)]
    [InlineData("acme", 0, 5_000u, true)]
    [Trait("Invariant", "R5")]
    public async Task A_bound_past_the_fabrics_own_is_served_only_to_a_key_that_was_granted_it(string? tenant, int grantedSeconds, uint askedMs, bool served)
    {
        await using var fixture = new HubFixture();
        var caller = new Caller(Role.EnforcementPoint, tenant, "edges") { BestEffort = TimeSpan.FromSeconds(grantedSeconds) };
        var edge = new TestEdge(fixture.Hub, caller: caller);
        edge.Hello(bestEffortMs: askedMs);
        if (served)
        {
            await edge.UntilAsync(e => e.IsReady);
            Assert.Equal(askedMs, edge.Welcome!.Value.ReadBoundMs);
        }
        else
        {
            Assert.Equal(Codes.FeedBestEffort, await edge.UntilClosedAsync());
        }

        Assert.Equal(served && grantedSeconds > 0 ? TimeSpan.FromSeconds(60) : ClassBounds.ReadMax, fixture.Hub.LongestBounds.Read);
    }

    [Fact]
    public async Task A_bug_in_one_request_answers_that_request()
    {
        await using var fixture = new HubFixture();
        var service = new TestService { Check = _ => throw new InvalidOperationException("a bug") };
        var edge = new TestEdge(fixture.Hub, service);
        edge.Hello();
        edge.Transport.Send(new CheckFrame(1, 0, "t", new ToolCall("a", "b", ""), null, null).Write);
        edge.Transport.Send(to => new TakeQuotaFrame(2, new Handle(1, 1), 13).Write(to));
        await edge.UntilAsync(e => e.Answers.Count == 1 && e.Received.Contains(FrameType.QuotaAnswer));

        Assert.Equal((false, Codes.CheckFailed), (edge.Answers[0].Allowed, edge.Answers[0].Code));
        fixture.Revoke();
        await edge.UntilAsync(e => e.Applied == 1);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_key_that_is_revoked_while_it_is_fetched_does_not_stay_good_at_the_edge()
    {
        await using var fixture = new HubFixture();
        var key = HubFixture.Key("other1", "other");
        fixture.Hub.AppendKey(key);
        var service = new TestService { Keys = { ["other1"] = key } };
        var edge = new TestEdge(fixture.Hub, service, new Caller(Role.EnforcementPoint, "acme", "edges"));
        edge.Hello();
        await edge.UntilAsync(e => e.IsReady);

        // Its feed is past the revocation before the edge counts as one that is told of that tenant's keys.
        service.KeyFound = () =>
        {
            service.KeyFound = null;
            service.Keys["other1"] = key.Revoked();
            fixture.Hub.AppendKey(key.Revoked());
        };
        edge.Transport.Send(new FetchKeyFrame(1, "other1").Write);
        await edge.UntilAsync(e => e.Received.Contains(FrameType.KeyAnswer));
        Assert.True(edge.Fetched!.IsRevoked);
    }

    [Fact]
    public async Task More_requests_than_may_wait_are_refused_one_by_one()
    {
        await using var fixture = new HubFixture();
        var decide = new TaskCompletionSource<CheckAnswerFrame>();
        var service = new TestService { Check = _ => new ValueTask<CheckAnswerFrame>(decide.Task) };
        var edge = new TestEdge(fixture.Hub, service);
        edge.Hello();
        for (var i = 0u; i <= FeedLimits.RequestsInFlightMax; i++)
        {
            edge.Transport.Send(new CheckFrame(i, 0, "t", new ToolCall("a", "b", ""), null, null).Write);
        }

        await edge.UntilAsync(e => e.Answers.Count == 1);
        Assert.Equal((FeedLimits.RequestsInFlightMax, Codes.LimitReached), ((int)edge.Answers[0].RequestId, edge.Answers[0].Code));
        decide.SetResult(new CheckAnswerFrame(0, true, null, 0, 0));
        await edge.UntilAsync(e => e.Answers.Count == FeedLimits.RequestsInFlightMax + 1);
    }

    private static async Task<string?> RefusedAsync(HubFixture fixture, byte version, string? tenant, string? callerTenant)
    {
        var edge = new TestEdge(fixture.Hub, caller: new Caller(Role.EnforcementPoint, callerTenant, "edges"));
        edge.Transport.Send(new HelloFrame(version, "e", 9, 250, 0, 0, 0, 0, 0, tenant).Write);
        return await edge.UntilClosedAsync();
    }
}
