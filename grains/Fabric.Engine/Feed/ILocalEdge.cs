namespace Fabric.Engine.Feed;

/// <summary>
/// An enforcement point in the engine's own process. It reads the engine's index and needs no lease: what was appended binds it at once. It takes
/// part in receipts with the calls that it had begun.
/// </summary>
public interface ILocalEdge
{
    /// <summary>How receipts name it.</summary>
    string Name { get; }

    /// <summary>
    /// Everything up to <paramref name="revision"/> is in the index: cancels what that denies and answers how many calls it cancelled. Called from
    /// the thread pool, one at a time, soon after an append; several appends may come as one.
    /// </summary>
    int Applied(ulong revision);
}
