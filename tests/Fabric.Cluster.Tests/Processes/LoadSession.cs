namespace Fabric.Cluster.Tests.Processes;

/// <summary>A session that was acknowledged, with everything above it and itself.</summary>
internal sealed class LoadSession(string id, string agent, LoadNode[] lineage)
{
    private int _issued;

    internal string Id { get; } = id;

    internal string Agent { get; } = agent;

    internal LoadNode[] Lineage { get; } = lineage;

    internal LoadNode Own => Lineage[^1];

    internal bool IsUntouched => Array.TrueForAll(Lineage, node => node.Stage == LoadStage.Untouched);

    /// <summary>Credentials of it that were acknowledged.</summary>
    internal int Issued => Volatile.Read(ref _issued);

    internal void Issue() => Interlocked.Increment(ref _issued);
}
