using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using static Fabric.Core.Tests.Index.IndexFixture;

namespace Fabric.Core.Tests.Index;

public sealed class RevocationIndexTests
{
    private static readonly Handle Tenant = new(1, 1);
    private static readonly Handle User = new(2, 2);
    private static readonly Handle Agent = new(3, 3);
    private static readonly Instant Now = new(10_000);

    private static readonly LineageNode[] Nodes =
    [
        new(NodeKind.Tenant, Tenant, 1), new(NodeKind.User, User, 3), new(NodeKind.Agent, Agent, 1),
    ];

    private readonly RevocationIndex _index = new(Seed);
    private ulong _revision;

    [Fact]
    public void An_empty_index_kills_nothing()
    {
        var verdict = _index.CheckLineage(Nodes, Now);

        Assert.False(verdict.Dead);
        Assert.Null(verdict.DenialCode);
        Assert.False(_index.TryGet(User, out _));
        Assert.True(verdict.Holds(_index.Version, Instant.Never - TimeSpan.FromDays(1)));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_record_above_the_generation_kills_and_one_at_the_generation_does_not()
    {
        Apply(Floor(User, 3));
        Assert.False(_index.CheckLineage(Nodes, Now).Dead);

        Apply(Floor(User, 4));
        var verdict = _index.CheckLineage(Nodes, Now);
        Assert.Equal((true, NodeKind.User, false), (verdict.Dead, verdict.Kind, verdict.Locked));
        Assert.Equal(Codes.UserRevoked, verdict.DenialCode);
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public void A_record_touches_its_own_node_alone()
    {
        Apply(Revoked(new Handle(2, 3)));
        Apply(Revoked(new Handle(3, 2)));

        Assert.False(_index.CheckLineage(Nodes, Now).Dead);
    }

    [Fact]
    public void A_lock_kills_until_its_end_and_says_when_that_is()
    {
        Apply(Locked(Agent, 10_500));

        var verdict = _index.CheckLineage(Nodes, Now);
        Assert.Equal((true, NodeKind.Agent, true), (verdict.Dead, verdict.Kind, verdict.Locked));
        Assert.Equal(Codes.AgentLocked, verdict.DenialCode);
        Assert.True(verdict.Holds(_index.Version, new Instant(10_499)));
        Assert.False(verdict.Holds(_index.Version, new Instant(10_500)));
        Assert.False(_index.CheckLineage(Nodes, new Instant(10_500)).Dead);
    }

    [Fact]
    public void A_revocation_is_told_before_a_lock_nearer_the_root()
    {
        Apply(Locked(Tenant, 20_000));
        Apply(Revoked(Agent));

        var verdict = _index.CheckLineage(Nodes, Now);
        Assert.Equal(Codes.AgentRevoked, verdict.DenialCode);
        Assert.Equal(Instant.Never, verdict.ValidUntil);
    }

    [Fact]
    public void A_newer_record_replaces_the_lock()
    {
        Apply(Locked(Agent, 20_000));
        Apply(Locked(Agent, 0));
        Assert.False(_index.CheckLineage(Nodes, Now).Dead);

        Apply(Locked(Agent, 15_000));
        Assert.Equal(new Instant(15_000), _index.CheckLineage(Nodes, Now).ValidUntil);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "S1")]
    public void The_floor_and_the_drop_moment_never_go_down()
    {
        Apply(Revoked(User, dropAfterMs: 50_000));
        Apply(Floor(User, 2, dropAfterMs: 20_000));
        Apply(Floor(User, 0, dropAfterMs: 0));

        Assert.True(_index.TryGet(User, out var record));
        Assert.Equal((IndexRecord.Terminal, new Instant(50_000)), (record.MinGeneration, record.DropAfter));
        Assert.True(_index.CheckLineage(Nodes, Now).Dead);
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public void The_version_moves_when_an_answer_can_turn_and_only_then()
    {
        var versions = new List<long> { _index.Version };
        void Step(IndexRecord record)
        {
            Apply(record);
            versions.Add(_index.Version);
        }

        Step(Floor(User, 4, 1_000));
        Step(Floor(User, 4, 1_000));
        Step(Floor(User, 4, 2_000));
        Step(Floor(User, 2, 3_000));
        Step(Floor(User, 5, 3_000));
        Step(Locked(User, 70_000));
        Step(Locked(User, 0));
        Step(Floor(new Handle(9, 9), 0));

        Assert.Equal([0, 1, 1, 1, 1, 2, 3, 4, 4], versions);
        _index.AdvanceTo(100);
        _index.SweepAll(new Instant(50_000_000));
        Assert.Equal(4, _index.Version);
        Assert.Equal(100UL, _index.Revision);
    }

    [Fact]
    public void A_verdict_ends_with_its_version()
    {
        var verdict = _index.CheckLineage(Nodes, Now);
        Apply(Revoked(new Handle(8, 8)));
        Assert.False(verdict.Holds(_index.Version, Now));
    }

    [Fact]
    public void An_index_that_replaces_another_goes_on_from_its_version()
    {
        Apply(Revoked(User));
        var verdict = _index.CheckLineage(Nodes, Now);

        Assert.False(verdict.Holds(new RevocationIndex(Seed, _index.Version + 1).Version, Now));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void A_full_index_says_so_and_still_takes_records_of_known_nodes()
    {
        var index = new RevocationIndex(Seed, recordsMax: 2);
        Assert.True(index.Apply(Floor(Tenant, 1), 1));
        Assert.True(index.Apply(Floor(User, 1), 2));

        Assert.False(index.Apply(Revoked(Agent), 3));
        Assert.Equal((2UL, 2), (index.Revision, index.Count));
        Assert.Equal(1, index.ApplyBatch([Revoked(User), Revoked(Agent), Revoked(Tenant)], 6));
        Assert.Equal(2UL, index.Revision);
        Assert.True(index.CheckLineage(Nodes, Now).Dead);

        Assert.Equal(2, index.SweepAll(new Instant(2_000_000)));
        Assert.True(index.Apply(Revoked(Agent), 6));
    }

    [Fact]
    public void A_batch_is_applied_whole_and_moves_the_revision_to_its_end()
    {
        Assert.Equal(2, _index.ApplyBatch([Revoked(User), Revoked(Agent)], 12));
        Assert.Equal((12UL, 2), (_index.Revision, _index.Count));
    }

    [Fact]
    public void Every_moment_up_to_year_3084_and_never_come_back_as_given()
    {
        var random = new Random(5);
        for (var i = 0; i < 1_000; i++)
        {
            var record = new IndexRecord(
                HandleAt(random),
                (NodeKind)random.Next(0, 7),
                (uint)random.NextInt64(0, uint.MaxValue + 1L),
                random.Next(3) == 0 ? Instant.Never : new Instant(random.NextInt64(0, 35_000_000_000_000)),
                random.Next(3) == 0 ? Instant.Never : new Instant(random.NextInt64(0, 35_000_000_000_000)));
            Apply(record);
            Assert.True(_index.TryGet(record.Handle, out var read));
            Assert.Equal(record, read);
        }
    }

    [Theory]
    [InlineData(NodeKind.Tenant, "tenant.revoked", "tenant.locked")]
    [InlineData(NodeKind.User, "user.revoked", "user.locked")]
    [InlineData(NodeKind.Agent, "agent.revoked", "agent.locked")]
    [InlineData(NodeKind.Session, "session.revoked", "session.locked")]
    [InlineData(NodeKind.Credential, "credential.revoked", "node.locked")]
    [InlineData(NodeKind.Trust, "trust.revoked", "trust.locked")]
    [InlineData(NodeKind.None, "node.revoked", "node.locked")]
    public void Each_kind_has_its_denial_codes(NodeKind kind, string revoked, string locked)
    {
        Assert.Equal(revoked, new LineageVerdict(true, kind, false, Instant.Never, 0).DenialCode);
        Assert.Equal(locked, new LineageVerdict(true, kind, true, Now, 0).DenialCode);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_denial_ahead_of_the_feed_tightens_and_loosens_nothing()
    {
        Apply(Locked(User, Now.UnixMs + 1_000) with { MinGeneration = 5 });
        var (version, revision) = (_index.Version, _index.Revision);

        // Made from what was known before the lock and the floor.
        Assert.Equal(2, _index.Tighten([Floor(User, 2, dropAfterMs: 1), Revoked(Agent)]));

        Assert.True(_index.TryGet(User, out var user));
        Assert.Equal((5u, new Instant(Now.UnixMs + 1_000)), (user.MinGeneration, user.LockedUntil));
        Assert.Equal(Codes.AgentRevoked, _index.CheckLineage([Nodes[2]], Now).DenialCode);
        Assert.Equal(revision, _index.Revision);
        Assert.NotEqual(version, _index.Version);

        // It comes again in its place, with the lock that the feed says.
        Apply(Revoked(Agent) with { LockedUntil = new Instant(Now.UnixMs + 1) });
        Assert.True(_index.TryGet(Agent, out var agent));
        Assert.Equal(new Instant(Now.UnixMs + 1), agent.LockedUntil);
    }

    [Fact]
    public void A_lookup_allocates_nothing()
    {
        Apply(Revoked(new Handle(7, 7)));
        _index.CheckLineage(Nodes, Now);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _index.CheckLineage(Nodes, Now);
            _index.TryGet(User, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void Apply(IndexRecord record) => Assert.True(_index.Apply(record, ++_revision));
}
