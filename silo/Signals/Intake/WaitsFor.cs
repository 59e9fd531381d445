namespace Fabric.Silo.Signals.Intake;

/// <summary>What an event waits for. Each has room of its own, so that what anybody can bring about takes none from the others.</summary>
internal enum WaitsFor
{
    /// <summary>The keys of its issuer, which could not be had when it came.</summary>
    Keys,

    /// <summary>Its own key, which its issuer did not publish when it was pushed here. Anybody may have made it up.</summary>
    PushedKey,

    /// <summary>The same of one that was polled: it comes from its transmitter, and from nobody else.</summary>
    PolledKey,
}
