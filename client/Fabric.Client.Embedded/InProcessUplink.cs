using Fabric.Client.Edges;
using Fabric.Contracts;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Checks;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Engine;

namespace Fabric.Client.Embedded;

/// <summary>The engine's own answers, for an enforcement point in its process.</summary>
internal sealed class InProcessUplink(IFabricEngine engine, Caller caller, EdgeClock clock) : IEdgeUplink
{
    private readonly IFabric _fabric = engine.As(caller);
    private readonly string _drawer = $"{caller.Name}/{Guid.NewGuid():n}";

    public async ValueTask<Outcome<FabricAnswer>> CheckAsync(
        string token, ToolCall call, string? environment, string? audience, ulong minRevision, string? proofKey, CancellationToken cancellation)
    {
        var askedMs = clock.SentMs;
        var request = new CheckRequest(
            token, call.Tool, call.Action, call.Resource, NameOf(call.Class), environment, minRevision == 0 ? null : minRevision, null, audience, proofKey);
        var answer = await _fabric.CheckAsync(request, cancellation);
        return answer.IsOk
            ? new FabricAnswer(answer.Value.Allowed, answer.Value.Code, answer.Value.Revision, askedMs)
            : answer.Rejection;
    }

    public async ValueTask<Outcome<QuotaUnits>> TakeQuotaAsync(Handle quota, long want, CancellationToken cancellation)
    {
        var sentMs = clock.SentMs;
        var grant = await engine.TakeQuotaAsync(quota, _drawer, want, cancellation);
        return grant.IsOk ? new QuotaUnits(grant.Value.Units, grant.Value.ValidForMs, grant.Value.Window, sentMs) : grant.Rejection;
    }

    public ValueTask ReturnQuotaAsync(QuotaReturn units, CancellationToken cancellation) =>
        engine.ReturnQuotaAsync(units.Quota, _drawer, units.Units, units.Window, cancellation);

    public ValueTask<Outcome<VerificationKey?>> FetchKeyAsync(string kid, CancellationToken cancellation) =>
        new(engine.Keys.Find(kid));

    public ValueTask<Outcome<ulong>> ReportUsageAsync(UsageReport report, CancellationToken cancellation) =>
        _fabric.ReportUsageAsync(report, cancellation);

    private static string NameOf(ActionClass actionClass) => actionClass switch
    {
        ActionClass.Read => "read",
        ActionClass.Write => "write",
        _ => "destructive",
    };
}
