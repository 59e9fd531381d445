namespace Fabric.Cluster.Tests.Processes;

/// <summary>A credential that was acknowledged, with everything above it and itself.</summary>
internal sealed class LoadToken(string id, string text, LoadNode[] lineage)
{
    internal string Id { get; } = id;

    internal string Text { get; } = text;

    internal LoadNode Own => lineage[^1];

    internal bool IsUntouched => Array.TrueForAll(lineage, node => node.Stage == LoadStage.Untouched);

    internal bool IsConfirmed => Array.Exists(lineage, node => node.Stage == LoadStage.Confirmed);

    /// <summary>The first place in the order from which on it is dead, as far as anybody was told; null: nobody was.</summary>
    internal ulong? DeadFrom
    {
        get
        {
            ulong? least = null;
            foreach (var node in lineage)
            {
                if (node.Stage >= LoadStage.Accepted)
                {
                    least = Math.Min(least ?? ulong.MaxValue, node.Revision);
                }
            }

            return least;
        }
    }

    public override string ToString() => $"credential {Id} under {string.Join(" / ", lineage.Select(node => $"{node.Name.Kind} {node.Name.Id ?? node.Name.Tenant} ({node.Stage}, {node.Revision})"))}";
}
