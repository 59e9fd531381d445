using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Scopes;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;
using Fabric.Embedded.Engine;

namespace Fabric.Embedded.Tests.Engine;

public sealed class WorldTests
{
    private static readonly ScopeSet Scopes = ScopeSet.Create([new ScopeEntry("mail", "send", "*", new ScopeConstraints(false, null, null, null, null), [])]).Value;

    [Fact]
    [Trait("Invariant", "D1")]
    public void Events_that_are_replayed_over_newer_rows_leave_one_copy_of_a_node_and_its_revocation_holds()
    {
        var world = new World(new HandleSpace(new byte[HandleSpace.SaltSize]));
        var now = new Instant(1_000_000);
        var trust = (UInt128)7;
        FabricEvent[] events =
        [
            new TenantCreated("acme", "acme", TenantLimits.Default, false), new TenantCreated("globex", "globex", TenantLimits.Default, false),
            new SigningKeyAdded("acme", "k1", new byte[32], new byte[32], new byte[8]),
            new TrustProposed(trust, "acme", "globex", Scopes, Instant.Never), new TrustAccepted(trust, "acme", "globex"),
        ];
        for (var round = 0; round < 2; round++)
        {
            foreach (var e in events)
            {
                world.Apply(e, now, "test", 1);
            }
        }

        var node = new NodeRef(NodeKind.Trust, "acme", Names.FormatId(trust));
        world.Apply(new NodeRevoked(node, world.Handles.Of(node), IndexRecord.Terminal, now, "terminal", "over", UInt128.Zero), now, "test", 2);
        Assert.Single(world.Tenant("acme")!.Keys);
        Assert.All(world.Tenants.Values, tenant => Assert.True(Assert.Single(tenant.Trusts).Standing.Ended));
    }
}
