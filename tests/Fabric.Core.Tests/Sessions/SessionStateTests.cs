using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Sessions;

namespace Fabric.Core.Tests.Sessions;

public sealed class SessionStateTests
{
    private static readonly Instant Now = new(1_000_000);
    private static readonly ScopeSet Scopes = ScopeSet.Create([new ScopeEntry("mail", "send", "outbox/*")]).Value;

    private static readonly LineageNode[] Nodes =
    [
        new(NodeKind.Tenant, new Handle(1, 1), 3), new(NodeKind.User, new Handle(2, 2), 1), new(NodeKind.Agent, new Handle(3, 3), 2),
        new(NodeKind.Session, new Handle(4, 4), 1),
    ];

    [Fact]
    public void A_session_gives_its_lineage_and_scopes_back_as_the_event_had_them()
    {
        var state = Open(Nodes);
        var credential = new LineageNode(NodeKind.Credential, new Handle(5, 5), 1);

        Assert.Equal(new Lineage(Nodes), state.LineageWith());
        Assert.Equal(new Lineage([.. Nodes, credential]), state.LineageWith(credential));
        Assert.Equal(Scopes, state.ReadScopes());
        Assert.All(Nodes, node => Assert.True(state.ComesFrom(node.Kind, node.Handle)));
        Assert.False(state.ComesFrom(NodeKind.User, new Handle(4, 4)));
        Assert.False(state.ComesFrom(NodeKind.Session, new Handle(2, 2)));
    }

    [Theory]
    [Trait("Invariant", "R1")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_revocation_of_any_node_of_its_lineage_is_seen(int node)
    {
        var (state, index) = (Open(Nodes), new RevocationIndex(1));
        Assert.False(state.CheckLineage(index, Now).Dead);

        index.Apply(new IndexRecord(Nodes[node].Handle, Nodes[node].Kind, Nodes[node].Generation + 1, default, Instant.Never), 1);
        var verdict = state.CheckLineage(index, Now);
        Assert.True(verdict.Dead);
        Assert.Equal(Nodes[node].Kind, verdict.Kind);
    }

    [Fact]
    public void A_lineage_that_does_not_end_with_the_session_is_refused()
    {
        Assert.Throws<InvalidRecordException>(() => Open(Nodes[..3]));
        Assert.Throws<InvalidRecordException>(() => Open([.. Nodes[..3], Nodes[3] with { Generation = 2 }]));
    }

    private static SessionState Open(LineageNode[] nodes) => new(
        new SessionOpened(
            9, "acme", "assistant", "acme", "mia", "answer", Scopes, new Lineage(nodes), "user:mia@acme", SessionStatus.Active, Now + TimeSpan.FromHours(1),
            3_600_000, UInt128.Zero, 0),
        Now);
}
