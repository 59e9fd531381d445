using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Sessions;

namespace Fabric.Engine.Commands;

/// <summary>The enforcement side of a session's end.</summary>
internal static class SessionEnd
{
    /// <summary>The record that kills everything under a session, kept until nothing under it can be unexpired (R4).</summary>
    internal static NodeRevoked Revocation(SessionState state, string mode, string reason, UInt128 requestKey)
    {
        // While it waits for an approval, its life has not begun: it could last that long from the latest approval on.
        var last = state.Status == SessionStatus.Requested ? state.ExpiresAt + TimeSpan.FromMilliseconds(state.LifetimeMs) : state.ExpiresAt;
        return new NodeRevoked(
            new NodeRef(NodeKind.Session, state.Tenant, Names.FormatId(state.Id)), state.Handle, IndexRecord.Terminal,
            last + Limits.ClockSkew + Limits.ClockSkew, mode, reason, requestKey);
    }
}
