using Fabric.Contracts.Audit;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Engine.Commands;

/// <summary>What is asked of requests before anything is looked up. Null: nothing is wrong.</summary>
internal static class RequestChecks
{
    internal static Rejection? CheckPage(PageQuery query) => query.Limit is < 1 or > 1_000
        ? new Rejection(Codes.InvalidField, "limit", "a page has 1 to 1,000 items")
        : null;

    internal static Rejection? CheckWait(string? wait, int timeoutMs)
    {
        if (wait is not ("accepted" or "confirmed"))
        {
            return new Rejection(Codes.InvalidField, "wait", "one waits for `accepted` or `confirmed`");
        }

        return timeoutMs is < 0 or > 60_000 ? new Rejection(Codes.InvalidField, "timeoutMs", "a wait is 0 to 60,000 ms") : null;
    }

    internal static Rejection? CheckTokens(IssueCredentials command)
    {
        if (command.Count is < 1 or > Limits.CredentialBatchMax)
        {
            return new Rejection(Codes.InvalidField, "count", $"1 to {Limits.CredentialBatchMax} credentials are issued at once");
        }

        return CheckBinding(command.Audience, command.ProofKey);
    }

    internal static Rejection? CheckBinding(string? audience, string? proofKey) =>
        audience is not null && !Audiences.IsValid(audience) ? new Rejection(Codes.InvalidField, "audience", "an audience is a plain text of 1 to 256 characters")
        : proofKey is not null && !Thumbprints.IsValid(proofKey)
            ? new Rejection(Codes.InvalidField, "proofKey", "a key is named by its SHA-256 thumbprint (RFC 7638) in base64url")
        : null;

    internal static Rejection? CheckLockable(NodeRef node) => node.Kind == NodeKind.Credential
        ? new Rejection(Codes.InvalidField, "node.kind", "a credential is short-lived: revoke it, or lock its session")
        : null;

    internal static Rejection? CheckStatus(string? status) => status is null or "requested" or "active" or "completed" or "expired" or "denied" or "revoked"
        ? null
        : new Rejection(Codes.InvalidField, "status", "a status is `requested`, `active`, `completed`, `expired`, `denied` or `revoked`");

    internal static Rejection? CheckAudit(AuditQuery query)
    {
        if (query.Limit is < 1 or > 1_000)
        {
            return new Rejection(Codes.InvalidField, "limit", "a page has 1 to 1,000 items");
        }

        if (query.Cursor is { } cursor && !long.TryParse(cursor, System.Globalization.NumberStyles.None, null, out _))
        {
            return new Rejection(Codes.InvalidField, "cursor", "the cursor is not one of this fabric's");
        }

        return (query.Session is not null && Names.ParseId(query.Session) is null) || (query.Credential is not null && Names.ParseId(query.Credential) is null)
            ? new Rejection(Codes.InvalidField, "session", "a session or credential has an id of 32 lower-case hex digits")
            : null;
    }

    // What does not say how much harm it can do counts as the worst.
    internal static ActionClass ClassOf(string? name) => name switch
    {
        "read" => ActionClass.Read,
        "write" => ActionClass.Write,
        null or "destructive" => ActionClass.Destructive,
        _ => default,
    };

    internal static Rejection? CheckCall(CheckRequest request, ActionClass @class)
    {
        if (@class == default)
        {
            return new Rejection(Codes.InvalidField, "class", "a class is `read`, `write` or `destructive`");
        }

        return Plain("tool", request.Tool, 256) ?? Plain("action", request.Action, 256) ?? Plain("resource", request.Resource, 2_048)
            ?? (request.Token is null ? new Rejection(Codes.InvalidField, "token", "a token is required") : null);
    }

    internal static Rejection? CheckLine(UsageLine line)
    {
        if (line is null || line.Count < 1 || Names.ParseId(line.Session) is null || Names.ParseId(line.Credential) is null)
        {
            return new Rejection(Codes.InvalidField, "count", "a line has a count of at least 1, a session and a credential");
        }

        return Names.CheckId("tenant", line.Tenant) ?? Names.CheckId("agent", line.Agent) ?? Plain("tool", line.Tool, 256)
            ?? Plain("action", line.Action, 256) ?? Plain("resource", line.Resource, 2_048)
            ?? (line.User is null ? null : Names.CheckText("user", line.User)) ?? (line.Code is null ? null : Names.CheckText("code", line.Code));
    }

    private static Rejection? Plain(string field, string? value, int most) => value is not null && value.Length <= most && PlainText.Is(value)
        ? null
        : new Rejection(Codes.InvalidField, field, $"a plain text of at most {most} characters is required");
}
