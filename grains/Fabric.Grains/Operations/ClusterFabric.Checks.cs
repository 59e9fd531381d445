using System.Security.Cryptography;
using System.Text;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Checks;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Sessions;
using Fabric.Engine;
using Fabric.Grains.Storage;

namespace Fabric.Grains.Operations;

internal sealed partial class ClusterFabric
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

        if (request.MinRevision is { } least && least > Revision)
        {
            return new CheckAnswer(false, Codes.CheckBehindRevision, Revision, 0);
        }

        var guarded = caller.Tenant ?? request.Tenant;
        var decision = await engine.Checker.CheckAsync(
            request.Token, new ToolCall(request.Tool, request.Action, request.Resource, @class), guarded, request.Audience,
            request.Environment, request.ProofKey, cancellation).ConfigureAwait(false);

        // INVARIANT T1: who guards one tenant is told nothing about tokens that have nothing to do with it, whatever else is wrong with them.
        return !decision.Allowed && guarded is not null && decision.Claims is { } claims && !claims.Lineage.Contains(NodeKind.Tenant, Parts.Handles.OfTenant(guarded))
            ? new CheckAnswer(false, Codes.TokenForeignTenant, decision.Revision, 0)
            : ClusterChecker.Answer(decision);
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

        // The same report is taken once: its name stands in the same commit as its lines.
        var sessions = await engine.Reads.SessionsAsync([.. report.Lines.Select(line => Names.ParseId(line.Session)!.Value).Distinct()], cancellation).ConfigureAwait(false);
        var name = report.ReportId is { } id ? SHA256.HashData(Encoding.UTF8.GetBytes($"{caller.Name}\n{id}")) : null;
        var lines = report.Lines.Select(line => LineOf(line, sessions)).ToList();
        return await engine.Audit.WriteAsync(lines, name).ConfigureAwait(false)
            ? Revision
            : new Rejection(Codes.AuditUnavailable, "audit", "the audit store does not take it: report again later");
    }

    // INVARIANT T1: a line counts as a tenant's only when its session is that tenant's, or was delegated from it. What is not is filed under the reporter's
    // tenant and names nobody.
    private AuditLine LineOf(UsageLine line, Dictionary<UInt128, SessionState> sessions)
    {
        var session = sessions.GetValueOrDefault(Names.ParseId(line.Session)!.Value);
        var known = session is null ? line.Tenant == caller.Tenant
            : session.Tenant == line.Tenant && caller.Tenant is { } bound && session.ComesFrom(NodeKind.Tenant, Parts.Handles.OfTenant(bound));
        return caller.Tenant is null || known
            ? UsageLines.Of(line, caller.Name, session)
            : UsageLines.Of(line with { Tenant = caller.Tenant, User = null, Agent = "foreign", Session = "", Credential = "" }, caller.Name, null);
    }

    private Rejection? RefuseCheck() => (caller.Role & (Role.EnforcementPoint | Role.Operator | Role.TenantAdmin)) == 0
        ? new Rejection(Codes.Forbidden, Caller.NameOf(caller.Role), "the caller's role does not allow this")
        : null;
}
