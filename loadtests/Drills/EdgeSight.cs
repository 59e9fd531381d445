using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Drills;

/// <summary>What one edge has seen of the groups that it checks, and how late its latest check from the schedule was.</summary>
internal sealed record EdgeSight(string Edge, IReadOnlyDictionary<string, SeenGroup> Groups, long LateMaxNs);
