using Fabric.Contracts;
using Fabric.Contracts.AuthZen;
using Fabric.Contracts.Checks;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Silo.Api;

namespace Fabric.Silo.AuthZen;

/// <summary>Answers AuthZEN's questions: each is a check by the fabric itself, with staleness 0. Whatever is at fault with a question, the answer is no permit.</summary>
internal sealed class AccessDecider(AccessPreview preview)
{
    /// <summary>The most questions in one request (B1).</summary>
    public const int EvaluationsMax = 1_000;

    private const string ExecuteAll = "execute_all";
    private const string DenyOnFirstDeny = "deny_on_first_deny";
    private const string PermitOnFirstPermit = "permit_on_first_permit";

    /// <summary>One question. Refused when it is none by the standard, or when the fabric refuses to decide at all.</summary>
    public async ValueTask<Outcome<AccessDecision>> DecideAsync(IFabric fabric, string? tenant, AccessEvaluation question, CancellationToken cancellation)
    {
        if (AccessReader.Fault(question) is { } fault)
        {
            return fault;
        }
        var read = AccessReader.Read(question);
        if (!read.IsOk)
        {
            return Denied(read.Rejection);
        }
        var (check, type, expected) = (read.Value.Check, read.Value.SubjectType, read.Value.ExpectedId);
        if (expected is not null && WhyNotOf(check, type, expected, tenant) is { } other)
        {
            return Denied(other);
        }
        var answer = await fabric.CheckAsync(check, cancellation);
        return answer.IsOk ? Decision(answer.Value)
            : StatusTable.Of(answer.Rejection.Code) == StatusCodes.Status400BadRequest ? Denied(answer.Rejection)
            : answer.Rejection;
    }

    /// <summary>Several questions, by the semantic that is asked for; or one, when none are listed.</summary>
    public async ValueTask<Outcome<AccessAnswers>> DecideManyAsync(IFabric fabric, string? tenant, AccessEvaluations questions, CancellationToken cancellation)
    {
        if (questions.Evaluations is not { Count: > 0 } list)
        {
            var one = await DecideAsync(
                fabric, tenant, new AccessEvaluation(questions.Subject, questions.Action, questions.Resource, questions.Context), cancellation);
            return one.IsOk ? new AccessAnswers(null, one.Value.Decision, one.Value.Context) : one.Rejection;
        }
        if (list.Count > EvaluationsMax)
        {
            return new Rejection(Codes.TooLarge, "evaluations", $"1 to {EvaluationsMax} questions are answered at once");
        }
        var semantic = questions.Options?.EvaluationsSemantic ?? ExecuteAll;
        if (semantic is not (ExecuteAll or DenyOnFirstDeny or PermitOnFirstPermit))
        {
            return new Rejection(Codes.InvalidField, "options.evaluations_semantic", $"one of `{ExecuteAll}`, `{DenyOnFirstDeny}` and `{PermitOnFirstPermit}`");
        }
        var answers = new List<AccessDecision>(list.Count);
        foreach (var question in list)
        {
            // A fault of one question is that one's answer: the others are told all the same.
            var answer = await DecideAsync(fabric, tenant, WithDefaults(question, questions), cancellation);
            answers.Add(answer.IsOk ? answer.Value : Denied(answer.Rejection));
            if (semantic == (answers[^1].Decision ? PermitOnFirstPermit : DenyOnFirstDeny))
            {
                break;
            }
        }
        return new AccessAnswers(answers);
    }

    // What a question states stands whole in the place of the default (section 7.1.1): nothing of the two is mixed.
    private static AccessEvaluation WithDefaults(AccessEvaluation? question, AccessEvaluations defaults) => new(
        question?.Subject ?? defaults.Subject, question?.Action ?? defaults.Action, question?.Resource ?? defaults.Resource, question?.Context ?? defaults.Context);

    // A question that names one subject and presents the token of another is denied before the fabric counts the call as that other's.
    private Rejection? WhyNotOf(CheckRequest check, string type, string expected, string? tenant)
    {
        var claims = preview.Claims(check.Token, new CheckRules(tenant ?? check.Tenant, default, check.Audience));
        if (!claims.IsOk)
        {
            return claims.Rejection;
        }
        return IdOf(claims.Value, type) == expected
            ? null
            : new Rejection(Codes.SubjectMismatch, "subject.id", "the token is of another subject than the one that is named");
    }

    /// <summary>The id of the subject of a type that a token is of; null when it has none.</summary>
    public static string? IdOf(TokenClaims claims, string type) => type switch
    {
        AccessReader.Credential => Names.FormatId(claims.CredentialId),
        AccessReader.Session => Names.FormatId(claims.SessionId),
        AccessReader.Agent => claims.ClientId,
        _ => claims.User,
    };

    private static AccessDecision Decision(CheckAnswer answer) => new(answer.Allowed, new AccessDecisionContext(
        answer.Allowed ? null : answer.Code ?? Codes.CheckFailed, answer.Revision, answer.StalenessMs, answer.Tenant, answer.User, answer.Agent, answer.Session,
        answer.Credential));

    private static AccessDecision Denied(Rejection why)
    {
        var status = StatusTable.Of(why.Code);
        var isQuestion = status is StatusCodes.Status400BadRequest or StatusCodes.Status413PayloadTooLarge or >= 500;
        return new AccessDecision(false, new AccessDecisionContext(
            why.Code, Error: isQuestion ? new AccessError(status, $"{why.Subject}: {why.Detail}") : null));
    }
}
