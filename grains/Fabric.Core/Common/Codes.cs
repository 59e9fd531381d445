namespace Fabric.Core.Common;

/// <summary>The stable rejection and denial codes. A code never changes its meaning; docs/ERRORS.md lists each with its HTTP status.</summary>
public static class Codes
{
    /// <summary>A field is missing, malformed or past its limit.</summary>
    public const string InvalidField = "request.invalid_field";
    /// <summary>The body is not valid JSON, or is nested too deep.</summary>
    public const string MalformedRequest = "request.malformed";
    /// <summary>The body has a field that the command does not know.</summary>
    public const string UnknownField = "request.unknown_field";
    /// <summary>The body has a field twice.</summary>
    public const string DuplicateField = "request.duplicate_field";
    /// <summary>The body is not `application/json`.</summary>
    public const string ContentType = "request.content_type";
    /// <summary>There is no such path.</summary>
    public const string UnknownPath = "request.unknown_path";
    /// <summary>The path does not take this method.</summary>
    public const string UnknownMethod = "request.unknown_method";
    /// <summary>The request did not arrive whole in time, or breaks HTTP.</summary>
    public const string BrokenRequest = "request.broken";
    /// <summary>The body or a list is larger than its stated limit.</summary>
    public const string TooLarge = "request.too_large";
    /// <summary>The idempotency key was used before for another request.</summary>
    public const string IdempotencyConflict = "request.idempotency_conflict";

    /// <summary>No credentials, or not valid ones.</summary>
    public const string Unauthenticated = "auth.unauthenticated";
    /// <summary>The assertion or proof was used before.</summary>
    public const string Replayed = "auth.replayed";
    /// <summary>The assertion was made before, or just as, the fabric started: whether it was used then cannot be known. One that is made in a moment will do.</summary>
    public const string TooEarly = "auth.too_early";
    /// <summary>The caller's role does not allow this.</summary>
    public const string Forbidden = "auth.forbidden";

    /// <summary>The node does not exist, or the caller's tenant may not know of it (T1).</summary>
    public const string NotFound = "node.not_found";
    /// <summary>A node with this id exists already.</summary>
    public const string AlreadyExists = "node.already_exists";
    /// <summary>The node was revoked; that is final.</summary>
    public const string NodeRevoked = "node.revoked";
    /// <summary>The node is locked until a stated moment.</summary>
    public const string NodeLocked = "node.locked";
    /// <summary>An operator locked the node: only an operator lifts or changes that lock.</summary>
    public const string LockByOperator = "lock.by_operator";
    /// <summary>A limit of the tenant or of the fabric is reached (B1).</summary>
    public const string LimitReached = "limit.reached";

    /// <summary>The tenant in the lineage is revoked.</summary>
    public const string TenantRevoked = "tenant.revoked";
    /// <summary>The tenant in the lineage is locked.</summary>
    public const string TenantLocked = "tenant.locked";
    /// <summary>The tenant's signing key was revoked and there was no room for another: nothing is issued until one is made.</summary>
    public const string TenantNoKey = "tenant.no_signing_key";
    /// <summary>The user in the lineage is revoked or offboarded.</summary>
    public const string UserRevoked = "user.revoked";
    /// <summary>The user in the lineage is locked.</summary>
    public const string UserLocked = "user.locked";
    /// <summary>The agent in the lineage is revoked or retired.</summary>
    public const string AgentRevoked = "agent.revoked";
    /// <summary>The agent in the lineage is locked or suspended.</summary>
    public const string AgentLocked = "agent.locked";
    /// <summary>A shared agent's review date has passed.</summary>
    public const string AgentReviewOverdue = "agent.review_overdue";
    /// <summary>A personal agent acts for its own user only.</summary>
    public const string AgentWrongUser = "agent.wrong_user";
    /// <summary>The session is revoked, completed or ended by something in its lineage.</summary>
    public const string SessionRevoked = "session.revoked";
    /// <summary>The session is locked.</summary>
    public const string SessionLocked = "session.locked";
    /// <summary>The session has ended: completed, denied, expired or revoked (S1).</summary>
    public const string SessionEnded = "session.ended";
    /// <summary>The session still waits for an approval.</summary>
    public const string SessionNotApproved = "session.not_approved";
    /// <summary>The session does not wait for an approval (any more).</summary>
    public const string SessionNotRequested = "session.not_requested";
    /// <summary>The session's credentials are for another audience, or bound to another key, than is asked for.</summary>
    public const string SessionBound = "session.bound";
    /// <summary>The requester cannot be its own approver, and neither can who made its secret, or has one from the same maker.</summary>
    public const string ApprovalBySelf = "approval.by_requester";
    /// <summary>The credential was revoked by its id.</summary>
    public const string CredentialRevoked = "credential.revoked";
    /// <summary>The trust grant in the lineage is ended.</summary>
    public const string TrustRevoked = "trust.revoked";
    /// <summary>The trust grant is locked.</summary>
    public const string TrustLocked = "trust.locked";
    /// <summary>No accepted trust grant between the two tenants covers this.</summary>
    public const string TrustMissing = "trust.missing";
    /// <summary>The trust grant waits for the other tenant's agreement, or is not the caller's to accept.</summary>
    public const string TrustNotAccepted = "trust.not_accepted";

    /// <summary>The keys of an issuer that the tenant trusts cannot be had now, so its token is not judged. Ask again.</summary>
    public const string IssuerKeysUnavailable = "issuer.keys_unavailable";

    /// <summary>What is asked for is wider than what it is derived from (S3).</summary>
    public const string ScopeExceeded = "scope.exceeded";
    /// <summary>A scope pattern is not valid.</summary>
    public const string ScopeInvalid = "scope.invalid";
    /// <summary>The call is outside the credential's scope.</summary>
    public const string ScopeDenied = "scope.denied";
    /// <summary>The call is not of class read and the scope is read-only.</summary>
    public const string ReadOnly = "constraint.read_only";
    /// <summary>The call is made in another environment than the scope names.</summary>
    public const string WrongEnvironment = "constraint.environment";
    /// <summary>The constraint's moment has passed.</summary>
    public const string NotAfter = "constraint.not_after";
    /// <summary>All calls that the constraint allows are used.</summary>
    public const string QuotaExhausted = "quota.exhausted";
    /// <summary>The rate that the constraint allows is used for now.</summary>
    public const string RateExceeded = "quota.rate_exceeded";
    /// <summary>The edge holds no slice of the quota now; an asynchronous check takes one.</summary>
    public const string QuotaSliceNeeded = "quota.slice_needed";

    /// <summary>The agent is in the delegation chain already.</summary>
    public const string DelegationCycle = "delegation.cycle";
    /// <summary>The delegation chain is as deep as it may be.</summary>
    public const string DelegationDepth = "delegation.depth";

    /// <summary>The token is not a well-formed JWT of this fabric.</summary>
    public const string TokenMalformed = "token.malformed";
    /// <summary>The token's algorithm or type is not the one that is accepted.</summary>
    public const string TokenAlgorithm = "token.algorithm";
    /// <summary>The token's signature does not verify.</summary>
    public const string TokenSignature = "token.signature";
    /// <summary>The token names a signing key that is not known.</summary>
    public const string TokenKeyUnknown = "token.key_unknown";
    /// <summary>The key that signed the token was revoked.</summary>
    public const string TokenKeyRevoked = "token.key_revoked";
    /// <summary>The token has expired.</summary>
    public const string TokenExpired = "token.expired";
    /// <summary>The token is not valid yet.</summary>
    public const string TokenNotYetValid = "token.not_yet_valid";
    /// <summary>The token was issued for another audience.</summary>
    public const string TokenAudience = "token.audience";
    /// <summary>The token is bound to a key (`cnf`), and whoever presents it has not proven to hold that key.</summary>
    public const string TokenProof = "token.proof_needed";
    /// <summary>The proof that came with the token (RFC 9449) is not valid, is not of this request, or is of a token that is bound to no key.</summary>
    public const string ProofInvalid = "token.proof_invalid";
    /// <summary>The token's lineage does not include the tenant that this enforcement point guards (T1).</summary>
    public const string TokenForeignTenant = "token.foreign_tenant";

    /// <summary>The lease is older than the bound of the call's class (R2).</summary>
    public const string CheckStale = "check.stale";
    /// <summary>The enforcement point has no snapshot yet, or its feed has a gap (R2).</summary>
    public const string CheckNotReady = "check.not_ready";
    /// <summary>The call's class, or the caller, asks for the fabric's own answer; use the asynchronous check.</summary>
    public const string CheckNeedsAuthority = "check.needs_authority";
    /// <summary>The fabric did not answer an authoritative check in time.</summary>
    public const string CheckUnavailable = "check.unavailable";
    /// <summary>The enforcement point has not reached the asked-for revision.</summary>
    public const string CheckBehindRevision = "check.behind_revision";
    /// <summary>The check failed with an error; the call is denied.</summary>
    public const string CheckFailed = "check.failed";
    /// <summary>The question names a subject and presents no token: a name alone proves nothing.</summary>
    public const string SubjectUnproven = "subject.unproven";
    /// <summary>The token is another's than the subject that is named.</summary>
    public const string SubjectMismatch = "subject.mismatch";
    /// <summary>No configured rule makes a call of the request, so it is denied.</summary>
    public const string RequestNoRule = "request.no_rule";
    /// <summary>What the request means could depend on who reads it (encoded slashes, dot segments, doubled headers): it is denied.</summary>
    public const string RequestUnclear = "request.unclear";
    /// <summary>The usage spool is full: calls cannot be accounted for.</summary>
    public const string AuditSpoolFull = "audit.spool_full";

    /// <summary>The storage does not take writes: no issuance until it does.</summary>
    public const string StorageUnavailable = "storage.unavailable";
    /// <summary>The audit store is full or too far behind: no issuance until it is not.</summary>
    public const string AuditUnavailable = "audit.unavailable";
    /// <summary>The cursor lies outside what is retained: take a snapshot or start at the oldest.</summary>
    public const string CursorGap = "cursor.gap";
    /// <summary>The enforcement point speaks another version of the feed's protocol.</summary>
    public const string FeedVersion = "feed.version";
    /// <summary>The enforcement point cannot follow the feed: it was overtaken or held a frame up for too long (R3).</summary>
    public const string FeedTooSlow = "feed.too_slow";
    /// <summary>The enforcement point said nothing for several renewals: the connection counts as half-open.</summary>
    public const string FeedSilent = "feed.silent";
    /// <summary>The enforcement point asks for a longer read bound (best effort) than an operator has granted its key.</summary>
    public const string FeedBestEffort = "feed.best_effort_refused";
    /// <summary>The enforcement point has connected anew.</summary>
    public const string FeedReplaced = "feed.replaced";
    /// <summary>The fabric is stopping.</summary>
    public const string Stopping = "fabric.stopping";
    /// <summary>No address of the fabric could be reached, or none answered in time (said by clients).</summary>
    public const string Unreachable = "fabric.unreachable";
    /// <summary>An error of the fabric itself.</summary>
    public const string Internal = "fabric.internal";
}
