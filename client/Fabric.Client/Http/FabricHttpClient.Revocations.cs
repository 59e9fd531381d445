using System.Globalization;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;

namespace Fabric.Client.Http;

public sealed partial class FabricHttpClient
{
    /// <inheritdoc/>
    /// <remarks>What would count twice when repeated at another address (raising a generation) gets an idempotency key when it has none.</remarks>
    public ValueTask<Outcome<Receipt>> RevokeAsync(RevokeRequest request, CancellationToken cancellation = default)
    {
        var keyed = request.IdempotencyKey is null && RaisesGeneration(request) ? request with { IdempotencyKey = Guid.NewGuid().ToString("N") } : request;
        return _wire.SendAsync(HttpCall.Post("/v1/revocations", keyed, Json.RevokeRequest, isRepeatable: true), Json.Receipt, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<Receipt>> GetReceiptAsync(
        ulong revision, string wait = "accepted", int timeoutMs = 0, CancellationToken cancellation = default)
    {
        var path = new UrlText("/v1/revocations/" + revision.ToString(CultureInfo.InvariantCulture))
            .With("wait", wait).With("timeoutMs", timeoutMs.ToString(CultureInfo.InvariantCulture));
        return _wire.SendAsync(HttpCall.Get(path.ToString()), Json.Receipt, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<Receipt>> LockAsync(LockRequest request, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post("/v1/locks", request, Json.LockRequest, isRepeatable: true), Json.Receipt, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Receipt>> UnlockAsync(UnlockRequest request, CancellationToken cancellation = default) =>
        _wire.SendAsync(HttpCall.Post("/v1/locks/release", request, Json.UnlockRequest), Json.Receipt, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Page<LockInfo>>> ListLocksAsync(string tenant, PageQuery query, CancellationToken cancellation = default)
    {
        var path = new UrlText("/v1/locks").With("tenant", tenant).Page(query.Cursor, query.Limit);
        return _wire.SendAsync(HttpCall.Get(path.ToString()), Json.PageLockInfo, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<Page<AuditEntry>>> QueryAuditAsync(AuditQuery query, CancellationToken cancellation = default)
    {
        var path = new UrlText("/v1/audit")
            .With("tenant", query.Tenant).With("user", query.User).With("agent", query.Agent).With("session", query.Session)
            .With("credential", query.Credential).With("tool", query.Tool).With("kind", query.Kind).With("from", query.From).With("to", query.To)
            .With("oldestFirst", query.OldestFirst ? "true" : null).Page(query.Cursor, query.Limit);
        return _wire.SendAsync(HttpCall.Get(path.ToString()), Json.PageAuditEntry, cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>Without a report id it gets one, so that it can be repeated at another address.</remarks>
    public async ValueTask<Outcome<ulong>> ReportUsageAsync(UsageReport report, CancellationToken cancellation = default)
    {
        var named = report.ReportId is not null ? report : report with { ReportId = Guid.NewGuid().ToString("N") };
        var receipt = await _wire.SendAsync(HttpCall.Post("/v1/usage", named, Json.UsageReport, isRepeatable: true), Json.UsageReceipt, cancellation);
        return receipt.IsOk ? receipt.Value.Revision : receipt.Rejection;
    }

    private static bool RaisesGeneration(RevokeRequest request) =>
        !request.DryRun && request.Node is { Kind: not ("session" or "credential") } && (request.Mode is null or "generation");
}
