using Fabric.Contracts.Audit;
using Fabric.Contracts.Checks;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Embedded.Engine;
using Fabric.Engine;

namespace Fabric.Embedded.Operations;

internal sealed partial class EmbeddedFabric
{
    private const int ChecksMax = 1_000;
    private const int UsageLinesMax = 10_000;

    public async ValueTask<Outcome<CheckAnswer>> CheckAsync(CheckRequest request, CancellationToken cancellation = default)
    {
        var @class = ClassOf(request.Class);
        if ((RefuseCheck() ?? CheckCall(request, @class)) is { } refused)
        {
            return refused;
        }

        if (request.MinRevision is { } least && least > Ledger.Revision)
        {
            return new CheckAnswer(false, Codes.CheckBehindRevision, Ledger.Revision, 0);
        }

        var guarded = caller.Tenant ?? request.Tenant;
        var decision = await engine.Checker.CheckAsync(
            request.Token, new ToolCall(request.Tool, request.Action, request.Resource, @class), guarded, request.Audience,
            request.Environment, request.ProofKey, cancellation).ConfigureAwait(false);

        // INVARIANT T1: who guards one tenant is told nothing about tokens that have nothing to do with it, whatever else is wrong with them.
        return !decision.Allowed && guarded is not null && decision.Claims is { } claims && !claims.Lineage.Contains(NodeKind.Tenant, World.Handles.OfTenant(guarded))
            ? new CheckAnswer(false, Codes.TokenForeignTenant, decision.Revision, 0)
            : Checker.Answer(decision);
    }

    public async ValueTask<Outcome<CheckAnswers>> CheckManyAsync(CheckBatch batch, CancellationToken cancellation = default)
    {
        if (batch.Checks is null || batch.Checks.Count is 0 or > ChecksMax)
        {
            return new Rejection(Codes.TooLarge, "checks", $"1 to {ChecksMax} calls are checked at once");
        }

        var answers = new CheckAnswer[batch.Checks.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            var answer = await CheckAsync(batch.Checks[i], cancellation).ConfigureAwait(false);
            if (!answer.IsOk)
            {
                return answer.Rejection with { Subject = $"checks[{i}].{answer.Rejection.Subject}" };
            }

            answers[i] = answer.Value;
        }

        return new CheckAnswers(answers);
    }

    public async ValueTask<Outcome<ulong>> ReportUsageAsync(UsageReport report, CancellationToken cancellation = default)
    {
        if ((caller.Role & (Role.EnforcementPoint | Role.Operator)) == 0)
        {
            return Refuse(Role.EnforcementPoint, caller.Tenant)!;
        }

        if (report.Lines is null || report.Lines.Count > UsageLinesMax)
        {
            return new Rejection(Codes.TooLarge, "lines", $"a report has at most {UsageLinesMax} lines");
        }

        for (var i = 0; i < report.Lines.Count; i++)
        {
            if (CheckLine(report.Lines[i]) is { } bad)
            {
                return bad with { Subject = $"lines[{i}].{bad.Subject}" };
            }
        }

        return await engine.TakeUsageAsync(report, caller).ConfigureAwait(false);
    }

    private Rejection? RefuseCheck() => (caller.Role & (Role.EnforcementPoint | Role.Operator | Role.TenantAdmin)) == 0
        ? new Rejection(Codes.Forbidden, Caller.NameOf(caller.Role), "the caller's role does not allow this")
        : null;
}
