using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;

namespace Fabric.Core.Nodes;

/// <summary>Revokes a node: for good, or everything issued under it so far. <paramref name="DropAfter"/>: when nothing under it can be unexpired (R4).</summary>
public sealed record RevokeNode(NodeRef Target, Handle Handle, bool Terminal, string Mode, string? Reason, Instant DropAfter, UInt128 RequestKey);

/// <summary>Locks a node until a moment.</summary>
public sealed record LockNode(NodeRef Target, Handle Handle, Instant Until, string? Reason);

/// <summary>Decides the commands that every node knows.</summary>
public static class NodeDecider
{
    /// <summary>
    /// Decides a revocation; <paramref name="standing"/> null: a session, or a node that is not known (a tombstone, so that a race with
    /// its creation cannot win). Null: ended already, nothing to do (R5).
    /// </summary>
    public static Outcome<NodeRevoked?> Revoke(NodeStanding? standing, RevokeNode command)
    {
        if (Names.CheckText("reason", command.Reason) is { } bad)
        {
            return bad;
        }

        // INVARIANT R5: what has ended is not ended once more; the same request then answers the same revision.
        if (standing is { Ended: true })
        {
            return Outcome<NodeRevoked?>.Of(null);
        }

        if (!command.Terminal && standing is null)
        {
            return new Rejection(Codes.InvalidField, "mode", "only a known tenant, user, agent or trust grant has generations");
        }

        var floor = command.Terminal ? IndexRecord.Terminal : standing!.Generation + 1;
        return new NodeRevoked(
            command.Target, command.Handle, floor, command.DropAfter, command.Mode, command.Reason ?? command.Mode, command.RequestKey);
    }

    /// <summary>
    /// Decides a lock; <paramref name="known"/> is the node's lock so far, <paramref name="by"/> the caller's name. A lock takes the place of the one before it, so
    /// that of an operator is left to operators: a shorter one over it would lift it.
    /// </summary>
    public static Outcome<NodeLocked> Lock(NodeStanding? standing, LockState? known, LockNode command, string by, Instant now)
    {
        if (Names.CheckText("reason", command.Reason, required: true) is { } bad)
        {
            return bad;
        }

        if (command.Until <= now || command.Until > now + Limits.LockMax)
        {
            return new Rejection(Codes.InvalidField, "until", $"a lock ends within {Limits.LockMax.TotalDays} days from now");
        }

        if (RefuseOver(known, command.Target, by, now) is { } refused)
        {
            return refused;
        }

        return standing is { Ended: true }
            ? new Rejection(Codes.NodeRevoked, command.Target.ToString(), "the node is revoked: nothing to lock")
            : new NodeLocked(command.Target, command.Handle, command.Until, command.Reason!);
    }

    /// <summary>Decides a release; <paramref name="state"/> is the lock in force, <paramref name="by"/> the caller's name.</summary>
    public static Outcome<NodeUnlocked> Unlock(LockState? state, NodeRef target, string? reason, string by, Instant now)
    {
        if (Names.CheckText("reason", reason, required: true) is { } bad)
        {
            return bad;
        }

        if (state is null || state.Until <= now)
        {
            return new Rejection(Codes.NotFound, target.ToString(), "the node is not locked");
        }

        return RefuseOver(state, target, by, now) is { } refused ? refused : new NodeUnlocked(state.Node, state.Handle, reason!);
    }

    private static Rejection? RefuseOver(LockState? known, NodeRef target, string by, Instant now) =>
        known is not null && known.Until > now && CallerText.IsOperator(known.By) && !CallerText.IsOperator(by)
            ? new Rejection(Codes.LockByOperator, target.ToString(), "an operator locked the node: only an operator lifts or changes that lock")
            : null;
}
