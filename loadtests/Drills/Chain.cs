using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Drills;

/// <summary>One chain: its sessions by depth, and a call of each, with those of the siblings.</summary>
internal sealed record Chain(IReadOnlyList<string> Sessions, IReadOnlyList<ChainLink> Links)
{
    /// <summary>
    /// What falls with the session at a depth: that, and all that was handed on from it or from below it. The sibling at that depth has the same delegator, and falls only when
    /// <paramref name="includesSibling"/>: when it is the way there that ends.
    /// </summary>
    public IReadOnlyList<ChainLink> FallenBy(int depth, bool includesSibling = false) =>
        [.. Links.Where(link => link.Depth > depth || (link.Depth == depth && (includesSibling || !link.IsSibling)))];
}

/// <summary>One session of a chain: how deep it is, and a call that it allows.</summary>
internal sealed record ChainLink(string Name, int Depth, bool IsSibling, EdgeCall Call)
{
    /// <summary>Whether it has fallen.</summary>
    public bool IsDead { get; set; }
}
