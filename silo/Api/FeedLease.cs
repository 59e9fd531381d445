using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Whether this host's index is the authority's: for what is told of the index beside the checks, which see to it themselves.</summary>
internal static class FeedLease
{
    /// <summary>
    /// Whether this host knows of all revocations. INVARIANT R2: to be asked AFTER the index was looked at: a silo of a cluster that lost its lease in between may have missed one.
    /// </summary>
    public static bool IsHeld(IFabricEngine engine) => engine.Health is { Ready: true } health && !health.Parts.Any(part => part is { Name: "feed", Ok: false });
}
