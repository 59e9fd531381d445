using Fabric.Core.Index;

namespace Fabric.Core.Nodes;

/// <summary>How a node stands: its generation, and whether it is ended for good.</summary>
public sealed class NodeStanding
{
    /// <summary>What is issued now carries this generation; 1 at first.</summary>
    public uint Generation { get; private set; } = 1;

    /// <summary>Whether the node is ended; final (S1).</summary>
    public bool Ended { get; private set; }

    /// <summary>Takes a revocation in. The generation never goes down.</summary>
    public void Apply(NodeRevoked revoked)
    {
        if (revoked.MinGeneration == IndexRecord.Terminal)
        {
            Ended = true;
        }
        else
        {
            Generation = Math.Max(Generation, revoked.MinGeneration);
        }
    }
}
