using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using static Fabric.Core.Tests.Checks.CheckFixture;

namespace Fabric.Core.Tests.Checks;

public sealed class CheckLeaseTests
{
    private readonly CheckFixture _fabric = new();

    [Fact]
    [Trait("Invariant", "R2")]
    public void A_lease_covers_each_class_up_to_its_bound()
    {
        var token = _fabric.Issue();
        _fabric.LeaseMomentMs = _fabric.Moment.MonotonicMs;
        _fabric.Allows(token, Reading);
        _fabric.Allows(token, Writing);
        _fabric.Denies(Codes.CheckNeedsAuthority, token, Destroying);

        _fabric.Advance(1_000);
        _fabric.Allows(token, Writing);
        Assert.Equal(1_000, _fabric.Check(token).StalenessMs);
        _fabric.Advance(1);
        _fabric.Denies(Codes.CheckStale, token, Writing);
        _fabric.Advance(3_999);
        _fabric.Allows(token, Reading);
        _fabric.Advance(1);
        _fabric.Denies(Codes.CheckStale, token, Reading);

        _fabric.LeaseMomentMs = ICheckView.NoLease;
        _fabric.Denies(Codes.CheckStale, token, Reading);
        _fabric.IsReady = false;
        _fabric.Denies(Codes.CheckNotReady, token, Reading);
    }

    [Fact]
    public void A_stale_view_still_denies_for_its_own_reasons()
    {
        var claims = _fabric.Claims("acme", Entry("airline"));
        var token = _fabric.Issue(claims);
        _fabric.LeaseMomentMs = ICheckView.NoLease;
        _fabric.Denies(Codes.ScopeDenied, token, Reading with { Tool = "bank" });
        _fabric.Apply(claims.Lineage.Nodes[3]);
        _fabric.Denies(Codes.SessionRevoked, token);
    }

    [Fact]
    public void Best_effort_lengthens_reads_alone_and_is_marked_in_every_record()
    {
        _fabric.Rules = new CheckRules(BestEffortMs: 60_000);
        var token = _fabric.Issue();
        _fabric.LeaseMomentMs = _fabric.Moment.MonotonicMs;
        Assert.False(_fabric.Check(token).BestEffort);
        _fabric.Advance(60_000);
        var decision = _fabric.Check(token);
        Assert.Equal((true, true, 60_000L), (decision.Allowed, decision.BestEffort, decision.StalenessMs));
        Assert.True(_fabric.Check(token).BestEffort);
        _fabric.Denies(Codes.CheckStale, token, Writing);
        _fabric.Advance(1);
        _fabric.Denies(Codes.CheckStale, token);
        Assert.Equal([(false, 1L), (true, 2L)], _fabric.Usage.Drain(10).Where(line => line.Code is null).Select(line => (line.BestEffort, line.Count)).Order());
    }

    [Fact]
    [Trait("Invariant", "R2")]
    public void A_check_that_was_stopped_for_longer_than_its_lease_denies()
    {
        var token = _fabric.Issue();
        _fabric.LeaseMomentMs = _fabric.Moment.MonotonicMs;
        _fabric.Allows(token, Writing);

        // The clock is the last but one that is read: a stop of any length before it shows.
        _fabric.OnClockRead = () => _fabric.Moment = _fabric.Moment with { MonotonicMs = _fabric.LeaseMomentMs + 1_001 };
        _fabric.Denies(Codes.CheckStale, token, Writing);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_revocation_that_is_applied_while_a_check_runs_denies_it()
    {
        for (var atRead = 1; atRead <= 3; atRead++)
        {
            foreach (var quota in new QuotaRef[][] { [], [new QuotaRef(new Handle(8, 8), 100, 0)] })
            {
                var fabric = new CheckFixture();
                var claims = fabric.Claims("acme", Entry(quotas: quota));
                var token = fabric.Issue(claims);
                Array.ForEach(quota, q => fabric.Quotas.Add(q, 10, 0, 0, fabric.Moment.MonotonicMs));
                fabric.Allows(token);
                var held = quota.Sum(q => fabric.Quotas.UnitsOf(q.Id));
                var reads = 0;
                fabric.OnClockRead = () =>
                {
                    if (++reads == atRead)
                    {
                        fabric.Apply(claims.Lineage.Nodes[1]);
                    }
                };
                var decision = fabric.Check(token);
                Assert.True(!decision.Allowed || reads < atRead, $"allowed although revoked at read {atRead}");
                Assert.Equal(held, quota.Sum(q => fabric.Quotas.UnitsOf(q.Id)) + (decision.Allowed ? quota.Length : 0));
            }
        }
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void An_index_that_replaces_another_is_looked_up_anew()
    {
        var claims = _fabric.Claims();
        var token = _fabric.Issue(claims);
        _fabric.Allows(token);
        var next = new RevocationIndex(8, _fabric.Index.Version + 1);
        next.Apply(new IndexRecord(claims.Lineage.Nodes[0].Handle, NodeKind.Tenant, 2, default, Instant.Never), 9);
        _fabric.Index = next;
        _fabric.Denies(Codes.TenantRevoked, token);
    }

    [Fact]
    public void The_fabrics_answer_stands_for_the_lease_for_a_second()
    {
        var claims = _fabric.Claims("acme", Entry(quotas: new QuotaRef(new Handle(8, 9), 1, 0)));
        var token = _fabric.Issue(claims);
        _fabric.LeaseMomentMs = ICheckView.NoLease;
        var asked = _fabric.Moment.MonotonicMs;
        Assert.Equal(Codes.CheckNeedsAuthority, _fabric.Check(token, Destroying, CheckBasis.MayAsk).Code);
        Assert.Empty(_fabric.Usage.Drain(10));

        _fabric.Advance(1_000);
        Assert.True(_fabric.Check(token, Destroying, CheckBasis.Answered(asked)).Allowed);
        _fabric.Apply(claims.Lineage.Nodes[2]);
        Assert.Equal(Codes.AgentRevoked, _fabric.Check(token, Destroying, CheckBasis.Answered(asked)).Code);
        Assert.Equal(Codes.AgentRevoked, Assert.Single(_fabric.Usage.Drain(10)).Code);
        _fabric.Advance(1);
        Assert.Equal(Codes.CheckUnavailable, _fabric.Check(_fabric.Issue(), Destroying, CheckBasis.Answered(asked)).Code);
    }

    [Fact]
    public void Who_must_ask_asks_for_every_class_unless_it_is_the_fabric()
    {
        var token = _fabric.Issue();
        Assert.True(_fabric.Check(token, Destroying, CheckBasis.MustAsk).Allowed);
        _fabric.LeaseMomentMs = _fabric.Moment.MonotonicMs;
        Assert.Equal(Codes.CheckNeedsAuthority, _fabric.Check(token, Reading, CheckBasis.MustAsk).Code);
        Assert.True(_fabric.Check(token, Reading, CheckBasis.MayAsk).Allowed);
    }
}
