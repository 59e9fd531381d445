using Fabric.LoadTests.Drills;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Tests.Drills;

public sealed class SightJudgeTests
{
    private const long ConfirmedNs = 1_000_000_000;

    private static readonly string[] Ended = ["ended"];
    private static readonly string[] Others = ["of others"];

    [Theory]
    [InlineData(ConfirmedNs - 1, 0)]
    [InlineData(ConfirmedNs, 0)]
    [InlineData(ConfirmedNs + 1, 1)]
    [Trait("Invariant", "R1")]
    public void A_check_that_began_after_the_receipt_and_was_allowed_breaks_the_promise(long lastAllowedNs, int broken)
    {
        EdgeSight[] sights = [Sight("edge-1", new SeenGroup("ended", 5, 5, 0, 10, 20, "session.revoked")), Sight("edge-2", new SeenGroup("ended", 5, 5, 0, lastAllowedNs, 20, "session.revoked"))];

        var said = SightJudge.AllowedAfter(sights, Ended, ConfirmedNs, "the end");

        Assert.Equal(broken, said.Count);
        Assert.All(said, each => Assert.StartsWith("R1: edge-2 allowed a call of `ended`", each, StringComparison.Ordinal));
        Assert.Equal(lastAllowedNs, SightJudge.LastAllowedNs(sights, Ended));
    }

    [Theory]
    [InlineData(0, 9, 0)]
    [InlineData(1, 0, 1)]
    [Trait("Invariant", "R5")]
    public void A_denial_of_what_nobody_ended_breaks_the_promise_unless_it_is_one_of_freshness(int denied, int stale, int broken)
    {
        EdgeSight[] sights = [Sight("edge-1", new SeenGroup("ended", 0, 7, 0, 0, 20, "session.revoked"), new SeenGroup("of others", 5, denied, stale, ConfirmedNs, denied, "tenant.revoked"))];

        var said = SightJudge.Denied(sights, Others, "nobody ended");

        Assert.Equal(broken, said.Count);
        Assert.All(said, each => Assert.Contains("`tenant.revoked`", each, StringComparison.Ordinal));
    }

    [Fact]
    public void What_an_edge_has_not_allowed_since_is_missed_at_that_edge_alone()
    {
        EdgeSight[] sights =
        [
            Sight("edge-1", new SeenGroup("of others", 5, 0, 0, ConfirmedNs + 1, 0, "")), Sight("edge-2", new SeenGroup("of others", 5, 0, 3, ConfirmedNs, 0, "")),
        ];

        Assert.StartsWith("R5: edge-2 ", Assert.Single(SightJudge.NotAllowedSince(sights, Others, ConfirmedNs, "nobody ended")), StringComparison.Ordinal);
        Assert.Equal(0, SightJudge.LastAllowedNs([], Others));
    }

    private static EdgeSight Sight(string edge, params SeenGroup[] groups) => new(edge, groups.ToDictionary(group => group.Name), 0);
}
