using Fabric.Contracts.Audit;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Feed;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Engine.Feed;

/// <summary>What an engine offers an enforcement point, for one caller.</summary>
public sealed class EngineEdgeService(IFabricEngine engine, Caller caller) : IEdgeService
{
    /// <inheritdoc/>
    public Handle GuardedTenant(string tenant) => engine.Keys.HandleOf(tenant);

    /// <inheritdoc/>
    public async ValueTask<CheckAnswerFrame> CheckAsync(CheckFrame check, string? tenant, CancellationToken cancellation)
    {
        var answer = await engine.As(caller).CheckAsync(
            new CheckRequest(
                check.Token,
                check.Call.Tool,
                check.Call.Action,
                check.Call.Resource,
                NameOf(check.Call.Class),
                check.Environment,
                check.MinRevision == 0 ? null : check.MinRevision,
                tenant,
                check.Audience,
                check.ProofKey),
            cancellation);
        return answer.IsOk
            ? new CheckAnswerFrame(
                check.RequestId, answer.Value.Allowed, answer.Value.Code, answer.Value.Revision, (uint)Math.Clamp(answer.Value.StalenessMs, 0, uint.MaxValue))
            : new CheckAnswerFrame(check.RequestId, false, answer.Rejection.Code, engine.Feed.Head, 0);
    }

    /// <inheritdoc/>
    public async ValueTask<QuotaAnswerFrame> TakeQuotaAsync(TakeQuotaFrame take, string drawer, CancellationToken cancellation)
    {
        var grant = await engine.TakeQuotaAsync(take.Quota, drawer, take.Want, cancellation);
        return grant.IsOk
            ? new QuotaAnswerFrame(take.RequestId, null, grant.Value.Units, grant.Value.ValidForMs, grant.Value.Window)
            : new QuotaAnswerFrame(take.RequestId, grant.Rejection.Code, 0, 0, 0);
    }

    /// <inheritdoc/>
    public ValueTask ReturnQuotaAsync(ReturnQuotaFrame give, string drawer, CancellationToken cancellation) =>
        engine.ReturnQuotaAsync(give.Quota, drawer, give.Units, give.Window, cancellation);

    /// <inheritdoc/>
    public VerificationKey? FindKey(string kid) => engine.Keys.Find(kid);

    /// <inheritdoc/>
    public async ValueTask<UsageAnswerFrame> ReportUsageAsync(uint requestId, UsageReport report, CancellationToken cancellation)
    {
        var taken = await engine.As(caller).ReportUsageAsync(report, cancellation);
        return taken.IsOk ? new UsageAnswerFrame(requestId, null, taken.Value) : new UsageAnswerFrame(requestId, taken.Rejection.Code, 0);
    }

    private static string NameOf(ActionClass actionClass) => actionClass switch
    {
        ActionClass.Read => "read",
        ActionClass.Write => "write",
        _ => "destructive",
    };
}
