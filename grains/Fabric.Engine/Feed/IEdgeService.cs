using Fabric.Contracts.Audit;
using Fabric.Contracts.Feed;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;

namespace Fabric.Engine.Feed;

/// <summary>What an engine does for one connected enforcement point beside the feed. Refusals are in the answers; an exception is a bug and is answered `fabric.internal`.</summary>
public interface IEdgeService
{
    /// <summary>The handle of a tenant that the caller may guard; zero when there is none.</summary>
    Handle GuardedTenant(string tenant);

    /// <summary>
    /// Decides a call from the engine's own index. When the task is complete on return, the answer's place in the feed is exact: everything that
    /// was applied before the call is in it.
    /// </summary>
    ValueTask<CheckAnswerFrame> CheckAsync(CheckFrame check, string? tenant, CancellationToken cancellation);

    /// <summary>Draws a slice of a quota, durably. <paramref name="drawer"/> names this run of the enforcement point, whatever its connection.</summary>
    ValueTask<QuotaAnswerFrame> TakeQuotaAsync(TakeQuotaFrame take, string drawer, CancellationToken cancellation);

    /// <summary>Gives units back.</summary>
    ValueTask ReturnQuotaAsync(ReturnQuotaFrame give, string drawer, CancellationToken cancellation);

    /// <summary>A signing key by its id; null when there is none.</summary>
    VerificationKey? FindKey(string kid);

    /// <summary>Takes a usage report; the answer comes when it is on disk.</summary>
    ValueTask<UsageAnswerFrame> ReportUsageAsync(uint requestId, UsageReport report, CancellationToken cancellation);
}
