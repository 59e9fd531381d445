using System.Collections.Frozen;
using Fabric.Core.Common;

namespace Fabric.Silo.Api;

/// <summary>The one table from code to HTTP status. docs/ERRORS.md is checked against it.</summary>
public static class StatusTable
{
    /// <summary>The HTTP status of each code in <see cref="Codes"/>.</summary>
    public static FrozenDictionary<string, int> All { get; } = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        [Codes.InvalidField] = 400,
        [Codes.MalformedRequest] = 400,
        [Codes.UnknownField] = 400,
        [Codes.DuplicateField] = 400,
        [Codes.BrokenRequest] = 400,
        [Codes.TooLarge] = 413,
        [Codes.ContentType] = 415,
        [Codes.UnknownPath] = 404,
        [Codes.UnknownMethod] = 405,
        [Codes.IdempotencyConflict] = 422,

        [Codes.Unauthenticated] = 401,
        [Codes.Replayed] = 401,
        [Codes.TooEarly] = 503,
        [Codes.Forbidden] = 403,

        [Codes.NotFound] = 404,
        [Codes.AlreadyExists] = 409,
        [Codes.NodeRevoked] = 409,
        [Codes.NodeLocked] = 409,
        [Codes.LockByOperator] = 403,
        [Codes.LimitReached] = 429,

        [Codes.TenantRevoked] = 409,
        [Codes.TenantLocked] = 409,
        [Codes.TenantNoKey] = 409,
        [Codes.UserRevoked] = 409,
        [Codes.UserLocked] = 409,
        [Codes.AgentRevoked] = 409,
        [Codes.AgentLocked] = 409,
        [Codes.AgentReviewOverdue] = 409,
        [Codes.AgentWrongUser] = 403,
        [Codes.SessionRevoked] = 409,
        [Codes.SessionLocked] = 409,
        [Codes.SessionEnded] = 409,
        [Codes.SessionNotApproved] = 409,
        [Codes.SessionNotRequested] = 409,
        [Codes.SessionBound] = 403,
        [Codes.ApprovalBySelf] = 403,
        [Codes.CredentialRevoked] = 409,
        [Codes.TrustRevoked] = 409,
        [Codes.TrustLocked] = 409,
        [Codes.TrustMissing] = 403,
        [Codes.TrustNotAccepted] = 409,

        [Codes.IssuerKeysUnavailable] = 503,

        [Codes.ScopeExceeded] = 403,
        [Codes.ScopeInvalid] = 400,
        [Codes.ScopeDenied] = 403,
        [Codes.ReadOnly] = 403,
        [Codes.WrongEnvironment] = 403,
        [Codes.NotAfter] = 403,
        [Codes.QuotaExhausted] = 403,
        [Codes.RateExceeded] = 429,
        [Codes.QuotaSliceNeeded] = 503,

        [Codes.DelegationCycle] = 409,
        [Codes.DelegationDepth] = 409,

        [Codes.TokenMalformed] = 401,
        [Codes.TokenAlgorithm] = 401,
        [Codes.TokenSignature] = 401,
        [Codes.TokenKeyUnknown] = 401,
        [Codes.TokenKeyRevoked] = 401,
        [Codes.TokenExpired] = 401,
        [Codes.TokenNotYetValid] = 401,
        [Codes.TokenAudience] = 401,
        [Codes.TokenProof] = 401,
        [Codes.ProofInvalid] = 401,
        [Codes.TokenForeignTenant] = 401,

        [Codes.CheckStale] = 503,
        [Codes.CheckNotReady] = 503,
        [Codes.CheckNeedsAuthority] = 503,
        [Codes.CheckUnavailable] = 503,
        [Codes.CheckBehindRevision] = 503,
        [Codes.CheckFailed] = 500,
        [Codes.SubjectUnproven] = 403,
        [Codes.SubjectMismatch] = 403,
        [Codes.RequestNoRule] = 403,
        [Codes.RequestUnclear] = 403,
        [Codes.AuditSpoolFull] = 503,

        [Codes.StorageUnavailable] = 503,
        [Codes.AuditUnavailable] = 503,
        [Codes.CursorGap] = 410,
        [Codes.FeedVersion] = 400,
        [Codes.FeedTooSlow] = 503,
        [Codes.FeedSilent] = 503,
        [Codes.FeedBestEffort] = 403,
        [Codes.FeedReplaced] = 409,
        [Codes.Stopping] = 503,
        [Codes.Unreachable] = 503,
        [Codes.Internal] = 500,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The status of a code; 500 for one that the table lacks (a test sees to it that none does).</summary>
    public static int Of(string code) => All.GetValueOrDefault(code, StatusCodes.Status500InternalServerError);
}
