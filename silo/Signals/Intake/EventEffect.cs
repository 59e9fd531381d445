namespace Fabric.Silo.Signals.Intake;

/// <summary>What an event of somebody else does to a user here.</summary>
internal enum EventEffect
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>All that was opened and issued for the user so far is dead; the user may begin anew.</summary>
    EndSessions,
    /// <summary>The user is offboarded: final.</summary>
    EndUser,
}
