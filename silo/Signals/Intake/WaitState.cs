namespace Fabric.Silo.Signals.Intake;

/// <summary>How it stands with events that may wait.</summary>
internal enum WaitState
{
    /// <summary>None does.</summary>
    None,

    /// <summary>Some do.</summary>
    Waits,

    /// <summary>Some do, for so long that somebody has to look.</summary>
    Late,
}
