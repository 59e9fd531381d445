namespace Fabric.Core.Tests.Leases.Simulation;

/// <summary>A deliberate fault in how a world plays the protocol, to show that the simulation finds such things.</summary>
public enum Flaw
{
    None,

    /// <summary>The edge counts its lease from when the grant arrived.</summary>
    LeaseCountsFromTheGrant,

    /// <summary>The edge acknowledges what it has received and applies it later.</summary>
    AcknowledgedBeforeApplied,

    /// <summary>The edge goes on over a gap in its feed.</summary>
    GapIgnored,

    /// <summary>The edge keeps allowing after its bye.</summary>
    ByeWithoutRelease,

    /// <summary>The edge comes back after its bye as if it had not left: a bye that was late ends the lease it has by then.</summary>
    SameInstanceAfterBye,

    /// <summary>The edge's clock is slower than the allowance for drift.</summary>
    ClockSlowerThanAllowed,

    /// <summary>The fabric takes an edge whose connection is lost for gone.</summary>
    LostEdgeForgotten,

    /// <summary>The fabric takes all runs of a name for one: the new one speaks for the old one.</summary>
    OldRunForgotten,

    /// <summary>The fabric does not wait for leases of before its restart.</summary>
    NoWaitAfterRestart,

    /// <summary>The fabric grants at once, whatever the edge has applied.</summary>
    GrantedWithoutAcknowledgement,

    /// <summary>The fabric does not count its answers to checks.</summary>
    AnswersNotNoted,
}
