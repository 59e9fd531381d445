using Fabric.Contracts.Revocations;
using Fabric.Engine.Feed;

namespace Fabric.Engine.Tests.Feed;

public sealed class ReceiptViewTests
{
    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_tenant_sees_its_own_enforcement_points_by_name_and_all_others_as_numbers()
    {
        await using var fixture = new HubFixture();
        var own = await ConnectAsync(fixture, "acme", "gw", 1);
        foreach (var (tenant, subject, instance) in new[] { ("globex", "gw", 2), (null, "gw@acme", 3), (null, "shared", 4) })
        {
            _ = await ConnectAsync(fixture, tenant, subject, instance);
        }

        var revision = fixture.Revoke();
        await own.UntilAsync(edge => edge.Applied == revision);
        own.Ack(inFlight: 2);
        await own.LeaseAsync();
        var whole = fixture.Hub.Status(revision);
        Assert.Equal(["gw%40acme/e1", "gw@globex/e1", "shared/e1"], whole.Waiting.Select(edge => edge.Edge).Order(StringComparer.Ordinal));

        var seen = ReceiptView.For(whole, "acme");
        Assert.Equal(("gw@acme/e1", 0, 0), (Assert.Single(seen.Acknowledged), seen.Waiting.Count, seen.RanOut.Count));
        Assert.Equal(new InFlightCalls("gw@acme/e1", 2), Assert.Single(seen.InFlight));
        Assert.Equal((0, 0, 3, 0), (seen.OtherEdges!.Acknowledged, seen.OtherEdges.RanOut, seen.OtherEdges.Waiting, seen.OtherEdges.CallsInFlight));
        Assert.Equal(whole.Waiting.Max(edge => edge.RunsOutInMs), seen.OtherEdges.WaitingRunsOutInMs);

        var theirs = ReceiptView.For(whole, "globex");
        Assert.Equal(("gw@globex/e1", 1, 2, 2), (Assert.Single(theirs.Waiting).Edge, theirs.OtherEdges!.Acknowledged, theirs.OtherEdges.Waiting, theirs.OtherEdges.CallsInFlight));
    }

    private static async Task<TestEdge> ConnectAsync(HubFixture fixture, string? tenant, string subject, int instance)
    {
        var edge = new TestEdge(fixture.Hub, new TestService { Guarded = tenant ?? "" }, new Caller(Role.EnforcementPoint, tenant, subject));
        edge.Hello(instance: (UInt128)instance);
        await edge.UntilAsync(e => e.IsReady);
        await edge.LeaseAsync();
        return edge;
    }
}
