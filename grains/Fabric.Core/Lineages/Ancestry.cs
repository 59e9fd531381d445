using Fabric.Core.Common;
using Fabric.Core.Index;

namespace Fabric.Core.Lineages;

/// <summary>Whether everything above a node lives, by the revocation index.</summary>
public static class Ancestry
{
    /// <summary>Null when no node of the lineage is revoked or locked; else the refusal that names what is.</summary>
    public static Rejection? Refusal(LineageVerdict verdict) => verdict.Dead
        ? new Rejection(verdict.DenialCode!, verdict.Kind.ToString().ToLowerInvariant(), verdict.Locked ? "a node of the lineage is locked" : "a node of the lineage is revoked")
        : null;
}
