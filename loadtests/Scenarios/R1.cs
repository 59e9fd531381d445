using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Scenarios;

/// <summary>Asserts the first invariant from outside: after a confirmed receipt no edge allows.</summary>
internal static class R1
{
    /// <summary>Checks calls at every edge after their receipt: each that is allowed is a broken promise. Returns how many there were.</summary>
    public static async Task<int> AssertDeniedAsync(EdgeFleet edges, IReadOnlyList<EdgeCall> calls, RunReport report, string what)
    {
        // INVARIANT R1: relied on here; the checks begin after the receipt has arrived.
        var broken = 0;
        var replies = await edges.SendAsync(EdgeOps.Check, calls: calls);
        for (var i = 0; i < replies.Length; i++)
        {
            broken += replies[i].Allowed;
            if (replies[i].Allowed > 0)
            {
                report.Broken($"R1: {edges.Edges[i].Name} allowed {replies[i].Allowed} of {calls.Count} calls after {what}");
            }
        }

        return broken;
    }

    /// <summary>Checks calls that must be allowed at every edge: the scenario, and exactness (R5), depend on it. False, and a broken promise, when one is not.</summary>
    public static async Task<bool> AssertAllowedAsync(EdgeFleet edges, IReadOnlyList<EdgeCall> calls, RunReport report, string what)
    {
        var replies = await edges.SendAsync(EdgeOps.Check, calls: calls);
        for (var i = 0; i < replies.Length; i++)
        {
            if (replies[i].Denied > 0)
            {
                var code = replies[i].Codes?.FirstOrDefault(each => each.Length > 0);
                report.Broken($"R5: {edges.Edges[i].Name} denied {replies[i].Denied} of {calls.Count} calls, e.g. with `{code}`: {what}");
                return false;
            }
        }

        return true;
    }
}
