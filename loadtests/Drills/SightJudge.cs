using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Drills;

/// <summary>What edges have seen, held against what must hold. Pure: the drills' own promises are tested with it.</summary>
internal static class SightJudge
{
    /// <summary>Groups that were ended: a check that began after the receipt had arrived and was allowed is a broken promise (R1).</summary>
    public static IReadOnlyList<string> AllowedAfter(IReadOnlyList<EdgeSight> sights, IReadOnlyCollection<string> groups, long confirmedNs, string what) =>
    [
        .. from sight in sights
           from seen in groups.Select(name => sight.Groups[name])
           where seen.LastAllowedNs > confirmedNs
           select $"R1: {sight.Edge} allowed a call of `{seen.Name}` {Clock.Ms(confirmedNs, seen.LastAllowedNs):0.0} ms after {what} was confirmed",
    ];

    /// <summary>Groups that nobody ended: a denial that is none of freshness is a broken promise (R5).</summary>
    public static IReadOnlyList<string> Denied(IReadOnlyList<EdgeSight> sights, IReadOnlyCollection<string> groups, string what) =>
    [
        .. from sight in sights
           from seen in groups.Select(name => sight.Groups[name])
           where seen.Denied > 0
           select $"R5: {sight.Edge} denied {seen.Denied} calls of `{seen.Name}` with `{seen.FirstCode}`, which {what}",
    ];

    /// <summary>Groups that some edge has not allowed since a moment; to be asked again, and broken (R5) when it stays so.</summary>
    public static IReadOnlyList<string> NotAllowedSince(IReadOnlyList<EdgeSight> sights, IReadOnlyCollection<string> groups, long afterNs, string what) =>
    [
        .. from sight in sights
           from seen in groups.Select(name => sight.Groups[name])
           where seen.LastAllowedNs <= afterNs
           select $"R5: {sight.Edge} did not allow a call of `{seen.Name}` any more, which {what}",
    ];

    /// <summary>When the last check of some groups that was allowed began, over all edges; 0: none was.</summary>
    public static long LastAllowedNs(IReadOnlyList<EdgeSight> sights, IReadOnlyCollection<string> groups) =>
        sights.SelectMany(sight => groups.Select(group => sight.Groups[group].LastAllowedNs)).DefaultIfEmpty().Max();
}
