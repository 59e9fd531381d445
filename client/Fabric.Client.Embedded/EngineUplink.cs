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

/// <summary>What an enforcement point asks of the engine in its own process.</summary>
internal sealed class EngineUplink(IFabricEngine engine, string name, EdgeClock clock) : IEdgeUplink
{
    private readonly IFabric _fabric = engine.As(new Caller(Role.EnforcementPoint, null, name));

    public async ValueTask<Outcome<FabricAnswer>> CheckAsync(
        string token, ToolCall call, string? environment, string? audience, ulong minRevision, CancellationToken cancellation)
    {
        var asked = clock.SentMs;
        var @class = call.Class switch
        {
            ActionClass.Read => "read",
            ActionClass.Write => "write",
            _ => "destructive",
        };
        var answer = await _fabric.CheckAsync(
            new CheckRequest(
                token, call.Tool, call.Action, call.Resource, @class, environment, minRevision == 0 ? null : minRevision, Audience: audience),
            cancellation).ConfigureAwait(false);
        return answer.IsOk ? new FabricAnswer(answer.Value.Allowed, answer.Value.Code, answer.Value.Revision, asked) : answer.Rejection;
    }

    public async ValueTask<Outcome<QuotaUnits>> TakeQuotaAsync(Handle quota, long want, CancellationToken cancellation)
    {
        var sent = clock.SentMs;
        var grant = await engine.TakeQuotaAsync(quota, want, cancellation).ConfigureAwait(false);
        return grant.IsOk ? new QuotaUnits(grant.Value.Units, grant.Value.ValidForMs, grant.Value.Window, sent) : grant.Rejection;
    }

    public ValueTask ReturnQuotaAsync(QuotaReturn units, CancellationToken cancellation) =>
        engine.ReturnQuotaAsync(units.Quota, units.Units, units.Window, cancellation);

    public ValueTask<Outcome<VerificationKey?>> FetchKeyAsync(string kid, CancellationToken cancellation) =>
        new(Outcome<VerificationKey?>.Of(engine.Keys.Find(kid)));

    public ValueTask<Outcome<ulong>> ReportUsageAsync(UsageReport report, CancellationToken cancellation) =>
        _fabric.ReportUsageAsync(report, cancellation);
}
