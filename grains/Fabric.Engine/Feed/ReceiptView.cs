using Fabric.Contracts.Revocations;
using Fabric.Core.Common;

namespace Fabric.Engine.Feed;

/// <summary>What a tenant sees of a receipt.</summary>
public static class ReceiptView
{
    /// <summary>The entry for leases of before a restart, which belong to nobody that is known.</summary>
    public const string BeforeRestart = "before-restart";

    /// <summary>A receipt for a caller that is bound to a tenant: enforcement points with keys of that tenant by name, all others as numbers (T1).</summary>
    public static Receipt For(Receipt receipt, string tenant)
    {
        var waiting = receipt.Waiting.Where(edge => !IsOwn(edge.Edge, tenant)).ToList();
        return receipt with
        {
            Acknowledged = [.. receipt.Acknowledged.Where(edge => IsOwn(edge, tenant))],
            RanOut = [.. receipt.RanOut.Where(edge => IsOwn(edge, tenant))],
            Waiting = [.. receipt.Waiting.Where(edge => IsOwn(edge.Edge, tenant))],
            InFlight = [.. receipt.InFlight.Where(calls => IsOwn(calls.Edge, tenant))],
            OtherEdges = new OtherEdges(
                receipt.Acknowledged.Count(edge => !IsOwn(edge, tenant)), receipt.RanOut.Count(edge => !IsOwn(edge, tenant)), waiting.Count,
                waiting.Count == 0 ? null : waiting.Max(edge => edge.RunsOutInMs),
                receipt.InFlight.Where(calls => !IsOwn(calls.Edge, tenant)).Sum(calls => calls.Calls)),
        };
    }

    // An edge's name is its key's holder, a slash, and what it calls itself.
    private static bool IsOwn(string edge, string tenant) =>
        edge == BeforeRestart || (edge.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && CallerText.IsOf(edge.AsSpan(0, slash), tenant));
}
