namespace Fabric.Core.Leases;

/// <summary>What to do after a renewal or an acknowledgement.</summary>
/// <param name="Refused">Close the connection: it was replaced, or it said what no correct edge says.</param>
/// <param name="Granted">Send a grant of this renewal (all before it are void); 0: send nothing.</param>
public readonly record struct LeaseAnswer(bool Refused, ulong Granted)
{
    /// <summary>Nothing to send.</summary>
    public static readonly LeaseAnswer Nothing;

    /// <summary>The connection is to be closed.</summary>
    public static readonly LeaseAnswer Refuse = new(true, 0);
}
