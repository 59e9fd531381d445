using Fabric.Core.Common;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Scenarios;

/// <summary>Asserts the first invariant from outside: after a confirmed receipt no edge allows.</summary>
internal static class R1
{
    private const int AskedAgainMax = 100;

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

    /// <summary>
    /// Checks calls that must be allowed at every edge: the scenario, and exactness (R5), depend on it. False, and a broken promise, when one is not. An edge
    /// that was not given the processor in time denies as stale, which is how it must be: it is asked again.
    /// </summary>
    public static async Task<bool> AssertAllowedAsync(EdgeFleet edges, IReadOnlyList<EdgeCall> calls, RunReport report, string what)
    {
        var denials = await Task.WhenAll(edges.Edges.Select(edge => DenialAsync(edge, calls)));
        foreach (var denial in denials.OfType<string>())
        {
            report.Broken($"R5: {denial}: {what}");
        }

        return denials.All(denial => denial is null);
    }

    /// <summary>Whether a denial says nothing of the token: the edge was, for a moment, not fresh enough to allow.</summary>
    public static bool IsPassing(string code) => code is Codes.CheckStale or Codes.CheckNotReady or Codes.CheckUnavailable;

    private static async Task<string?> DenialAsync(EdgeProcess edge, IReadOnlyList<EdgeCall> calls)
    {
        string? denial = null;
        for (var again = 0; again < AskedAgainMax; again++)
        {
            var reply = await edge.SendAsync(EdgeOps.Check, calls: calls);
            if (reply.Denied == 0)
            {
                return null;
            }

            var codes = reply.Codes!.Where(code => code.Length > 0).ToList();
            denial = $"{edge.Name} denied {codes.Count} of {calls.Count} calls, e.g. with `{codes.Find(code => !IsPassing(code)) ?? codes[0]}`";
            if (!codes.TrueForAll(IsPassing))
            {
                break;
            }

            await Task.Delay(100);
        }

        return denial;
    }
}
