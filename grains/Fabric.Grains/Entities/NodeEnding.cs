using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <summary>The revocation of a node that is not a session.</summary>
internal static class NodeEnding
{
    internal static Outcome<NodeRevoked?> Decide(NodeRef target, NodeStanding? standing, EndCommand command, HandleSpace handles, Instant now)
    {
        // It lives at most as long as a session that was opened under it a moment ago.
        var dropAfter = now + Limits.SessionLifetimeMax + Limits.ApprovalWaitMax + Limits.ClockSkew + Limits.ClockSkew;
        return NodeDecider.Revoke(standing, new RevokeNode(target, handles.Of(target), command.Terminal, command.Mode, command.Reason, dropAfter, command.Request));
    }
}
