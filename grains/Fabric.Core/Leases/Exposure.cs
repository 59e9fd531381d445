namespace Fabric.Core.Leases;

/// <summary>
/// Something that lets an edge allow for a while: a renewal that was or may be granted, or an answered check. It arrived at
/// <paramref name="At"/>, when the feed stood at <paramref name="Head"/>, so it says nothing for a revocation after that.
/// </summary>
internal readonly record struct Exposure(TimeSpan At, ulong Head)
{
    /// <summary>Nothing is exposed: stands above every revision.</summary>
    public static readonly Exposure None = new(TimeSpan.Zero, ulong.MaxValue);

    /// <summary>Whether an allow can still come of it.</summary>
    public bool Lives(TimeSpan bound, TimeSpan now) => now <= At + LeaseTerms.RunOutAfter(bound);
}
