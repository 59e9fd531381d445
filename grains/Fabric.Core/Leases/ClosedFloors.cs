using Fabric.Core.Scopes;

namespace Fabric.Core.Leases;

/// <summary>
/// Up to which revision each class is closed: no edge can allow a call of the class any more that a revocation up to there denies. Closing
/// goes by order of revisions, so three numbers say it of every receipt. They never go down.
/// </summary>
public readonly record struct ClosedFloors(ulong Read, ulong Write, ulong Destructive)
{
    /// <summary>Receipts up to here are confirmed: all classes are closed.</summary>
    public ulong Confirmed => Math.Min(Read, Math.Min(Write, Destructive));

    /// <summary>The floor of a class; anything unknown counts as the last to close.</summary>
    public ulong Of(ActionClass actionClass) => actionClass switch
    {
        ActionClass.Read => Read,
        ActionClass.Write => Write,
        ActionClass.Destructive => Destructive,
        _ => Confirmed,
    };
}
