using Fabric.Contracts.Audit;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Client.Edges;

/// <summary>
/// What an enforcement point asks of the fabric. A fabric that cannot be reached, or does not answer in time, is a refusal with `check.unavailable`;
/// nothing is thrown but <see cref="OperationCanceledException"/>.
/// </summary>
public interface IEdgeUplink
{
    /// <summary>
    /// Asks for the fabric's own decision of a call. Over the same ordered connection as the feed, so that whatever the fabric applied before it answered
    /// has arrived before the answer. The fabric draws the quotas and records the call. <paramref name="proofKey"/>: the key that the caller has proven to hold, which this
    /// enforcement point has seen.
    /// </summary>
    ValueTask<Outcome<FabricAnswer>> CheckAsync(
        string token, ToolCall call, string? environment, string? audience, ulong minRevision, string? proofKey, CancellationToken cancellation);

    /// <summary>Takes up to <paramref name="want"/> units of a quota, which are deducted before they are handed out. Refusals: `quota.*`, `node.not_found`, `storage.unavailable`.</summary>
    ValueTask<Outcome<QuotaUnits>> TakeQuotaAsync(Handle quota, long want, CancellationToken cancellation);

    /// <summary>Gives unused units back.</summary>
    ValueTask ReturnQuotaAsync(QuotaReturn units, CancellationToken cancellation);

    /// <summary>
    /// The public key of a key id; null when the fabric knows none. Whoever implements this puts the key into the view before it answers, in order with the
    /// changes of keys that the view takes: the caller does not.
    /// </summary>
    ValueTask<Outcome<VerificationKey?>> FetchKeyAsync(string kid, CancellationToken cancellation);

    /// <summary>Delivers usage. Done when it is on disk; the same report may be sent again.</summary>
    ValueTask<Outcome<ulong>> ReportUsageAsync(UsageReport report, CancellationToken cancellation);
}
