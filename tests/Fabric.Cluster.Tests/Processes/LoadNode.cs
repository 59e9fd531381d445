using System.Collections.Concurrent;
using Fabric.Contracts.Common;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>How far the revocation of a node has come, as its caller knows it. Only rises.</summary>
internal enum LoadStage
{
    Untouched,
    Asked,
    Accepted,
    Confirmed,
}

/// <summary>
/// A node that the load made, up to its first revocation: what is issued under a raised generation hangs below another one. One writer changes it, everybody reads it.
/// </summary>
internal sealed class LoadNode(NodeDto name)
{
    private int _stage;
    private ulong _revision;

    internal NodeDto Name { get; } = name;

    internal LoadStage Stage => (LoadStage)Volatile.Read(ref _stage);

    /// <summary>Where its revocation stands in the order; 0: nobody has said yet.</summary>
    internal ulong Revision => Volatile.Read(ref _revision);

    /// <summary>What was issued below it.</summary>
    internal ConcurrentQueue<LoadToken> Tokens { get; } = new();

    /// <summary>A call that revokes it is about to be sent: from now on it may be denied.</summary>
    internal void Asked() => Volatile.Write(ref _stage, (int)LoadStage.Asked);

    internal void Accepted(ulong revision)
    {
        Volatile.Write(ref _revision, revision);
        Volatile.Write(ref _stage, (int)LoadStage.Accepted);
    }

    internal void Confirmed() => Volatile.Write(ref _stage, (int)LoadStage.Confirmed);
}
