using Fabric.Contracts.Agents;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Trust;
using Fabric.Contracts.Users;
using Fabric.Core.Common;

namespace Fabric.Contracts;

/// <summary>
/// Everything the fabric offers to one caller: an engine bound to a principal offers it, the HTTP client offers it, and the HTTP API is it.
/// Expected refusals are <see cref="Rejection"/>s. A node of a tenant that the caller may not see answers `node.not_found` (T1).
/// </summary>
// INVARIANT E1: one interface and one suite (tests/Fabric.Conformance), so that every engine gives the same answers.
public interface IFabric
{
    /// <summary>Creates a tenant with its first signing key. Role operator.</summary>
    ValueTask<Outcome<TenantInfo>> CreateTenantAsync(CreateTenant command, CancellationToken cancellation = default);
    /// <summary>Changes a tenant. Role operator.</summary>
    ValueTask<Outcome<TenantInfo>> UpdateTenantAsync(string tenant, UpdateTenant command, CancellationToken cancellation = default);
    /// <summary>A tenant.</summary>
    ValueTask<Outcome<TenantInfo>> GetTenantAsync(string tenant, CancellationToken cancellation = default);
    /// <summary>The tenants that the caller may see, by id.</summary>
    ValueTask<Outcome<Page<TenantInfo>>> ListTenantsAsync(PageQuery query, CancellationToken cancellation = default);
    /// <summary>Makes a new signing key for a tenant; the old ones verify until nothing that they signed is unexpired.</summary>
    ValueTask<Outcome<JsonWebKeySetDto>> RotateSigningKeyAsync(string tenant, CancellationToken cancellation = default);
    /// <summary>
    /// Revokes a signing key at once: every enforcement point denies what it signed, and the receipt proves it. When it is the one that signs, another takes its place.
    /// Roles operator and tenant admin.
    /// </summary>
    ValueTask<Outcome<Receipt>> RevokeSigningKeyAsync(string tenant, string kid, EndNode command, CancellationToken cancellation = default);
    /// <summary>A tenant's public signing keys, without revoked ones. Open to all.</summary>
    ValueTask<Outcome<JsonWebKeySetDto>> GetSigningKeysAsync(string tenant, CancellationToken cancellation = default);

    /// <summary>Registers a user.</summary>
    ValueTask<Outcome<UserInfo>> CreateUserAsync(string tenant, CreateUser command, CancellationToken cancellation = default);
    /// <summary>Changes a user.</summary>
    ValueTask<Outcome<UserInfo>> UpdateUserAsync(string tenant, string user, UpdateUser command, CancellationToken cancellation = default);
    /// <summary>A user.</summary>
    ValueTask<Outcome<UserInfo>> GetUserAsync(string tenant, string user, CancellationToken cancellation = default);
    /// <summary>A tenant's users, by id.</summary>
    ValueTask<Outcome<Page<UserInfo>>> ListUsersAsync(string tenant, PageQuery query, CancellationToken cancellation = default);
    /// <summary>Sets or takes away the password that a user signs in with. Roles operator and tenant admin; who sets it counts as one with the user where an approval is asked for.</summary>
    ValueTask<Outcome<UserInfo>> SetUserSignInAsync(string tenant, string user, SetUserSignIn command, CancellationToken cancellation = default);
    /// <summary>Ends a user for good: every credential and session under it is dead, its personal agents' sessions end.</summary>
    ValueTask<Outcome<Receipt>> OffboardUserAsync(string tenant, string user, EndNode command, CancellationToken cancellation = default);

    /// <summary>Registers an agent.</summary>
    ValueTask<Outcome<AgentWithSecret>> CreateAgentAsync(string tenant, CreateAgent command, CancellationToken cancellation = default);
    /// <summary>An agent.</summary>
    ValueTask<Outcome<AgentInfo>> GetAgentAsync(string tenant, string agent, CancellationToken cancellation = default);
    /// <summary>A tenant's agents, by id.</summary>
    ValueTask<Outcome<Page<AgentInfo>>> ListAgentsAsync(string tenant, PageQuery query, CancellationToken cancellation = default);
    /// <summary>Stops an agent until a moment or until resumed: a lock.</summary>
    ValueTask<Outcome<Receipt>> SuspendAgentAsync(string tenant, string agent, SuspendAgent command, CancellationToken cancellation = default);
    /// <summary>Lifts a suspension.</summary>
    ValueTask<Outcome<Receipt>> ResumeAgentAsync(string tenant, string agent, CancellationToken cancellation = default);
    /// <summary>Ends an agent for good.</summary>
    ValueTask<Outcome<Receipt>> RetireAgentAsync(string tenant, string agent, EndNode command, CancellationToken cancellation = default);
    /// <summary>Gives an agent a new secret; the old one stops working at once.</summary>
    ValueTask<Outcome<AgentWithSecret>> RotateAgentSecretAsync(string tenant, string agent, CancellationToken cancellation = default);
    /// <summary>Replaces the public keys by which an agent proves itself (RFC 7523). Roles operator and tenant admin: who stole a secret must not add a key that outlives it.</summary>
    ValueTask<Outcome<AgentInfo>> SetAgentKeysAsync(string tenant, string agent, SetAgentKeys command, CancellationToken cancellation = default);
    /// <summary>Replaces the redirect URIs that an agent's authorization requests may name (RFC 6749 section 3.1.2). Roles operator and tenant admin.</summary>
    ValueTask<Outcome<AgentInfo>> SetAgentRedirectsAsync(string tenant, string agent, SetAgentRedirects command, CancellationToken cancellation = default);
    /// <summary>Gives a shared or backend agent another owner.</summary>
    ValueTask<Outcome<AgentInfo>> TransferAgentAsync(string tenant, string agent, TransferAgent command, CancellationToken cancellation = default);
    /// <summary>Records the review of a shared agent.</summary>
    ValueTask<Outcome<AgentInfo>> ReviewAgentAsync(string tenant, string agent, ReviewAgent command, CancellationToken cancellation = default);

    /// <summary>Offers a trust grant to another tenant.</summary>
    ValueTask<Outcome<TrustInfo>> ProposeTrustAsync(string tenant, ProposeTrust command, CancellationToken cancellation = default);
    /// <summary>Accepts a trust grant, as the grantee.</summary>
    ValueTask<Outcome<TrustInfo>> AcceptTrustAsync(string tenant, string trust, CancellationToken cancellation = default);
    /// <summary>The trust grants that a tenant gave or was given.</summary>
    ValueTask<Outcome<Page<TrustInfo>>> ListTrustAsync(string tenant, PageQuery query, CancellationToken cancellation = default);

    /// <summary>Trusts an issuer of tokens, in place of what was trusted by this id. Roles operator and tenant admin.</summary>
    ValueTask<Outcome<IssuerInfo>> PutIssuerAsync(string tenant, string id, PutIssuer command, CancellationToken cancellation = default);
    /// <summary>An issuer that a tenant trusts.</summary>
    ValueTask<Outcome<IssuerInfo>> GetIssuerAsync(string tenant, string id, CancellationToken cancellation = default);
    /// <summary>The issuers that a tenant trusts, by id.</summary>
    ValueTask<Outcome<Page<IssuerInfo>>> ListIssuersAsync(string tenant, PageQuery query, CancellationToken cancellation = default);
    /// <summary>Trusts an issuer no more; answers what was trusted. What was opened by its tokens goes on. Roles operator and tenant admin.</summary>
    ValueTask<Outcome<IssuerInfo>> RemoveIssuerAsync(string tenant, string id, CancellationToken cancellation = default);

    /// <summary>Opens a session; `requested` when it waits for an approval, else `active`.</summary>
    ValueTask<Outcome<SessionInfo>> OpenSessionAsync(string tenant, OpenSession command, CancellationToken cancellation = default);
    /// <summary>A session. Ended ones are answered for as long as the fabric retains them, then `node.not_found`; the audit keeps them.</summary>
    ValueTask<Outcome<SessionInfo>> GetSessionAsync(string session, CancellationToken cancellation = default);
    /// <summary>Sessions by any ancestor.</summary>
    ValueTask<Outcome<Page<SessionInfo>>> ListSessionsAsync(SessionQuery query, CancellationToken cancellation = default);
    /// <summary>Approves a requested session.</summary>
    ValueTask<Outcome<SessionInfo>> ApproveSessionAsync(string session, ApproveSession command, CancellationToken cancellation = default);
    /// <summary>Denies a requested session.</summary>
    ValueTask<Outcome<SessionInfo>> DenySessionAsync(string session, DenySession command, CancellationToken cancellation = default);
    /// <summary>Ends a session whose task is done; everything under it is revoked.</summary>
    ValueTask<Outcome<Receipt>> CompleteSessionAsync(string session, CancellationToken cancellation = default);
    /// <summary>Delegates a narrower part of a session to another agent.</summary>
    ValueTask<Outcome<SessionInfo>> DelegateSessionAsync(string session, DelegateSession command, CancellationToken cancellation = default);
    /// <summary>Issues credentials of a session.</summary>
    ValueTask<Outcome<IssuedCredentials>> IssueCredentialsAsync(string session, IssueCredentials command, CancellationToken cancellation = default);

    /// <summary>Decides a call authoritatively, with staleness 0.</summary>
    ValueTask<Outcome<CheckAnswer>> CheckAsync(CheckRequest request, CancellationToken cancellation = default);
    /// <summary>Decides up to 1,000 calls.</summary>
    ValueTask<Outcome<CheckAnswers>> CheckManyAsync(CheckBatch batch, CancellationToken cancellation = default);

    /// <summary>Revokes a node or a list of credentials, or tells what would be hit.</summary>
    ValueTask<Outcome<Receipt>> RevokeAsync(RevokeRequest request, CancellationToken cancellation = default);
    /// <summary>The state that a receipt has reached, by its revision; waits as asked (`accepted` or `confirmed`).</summary>
    ValueTask<Outcome<Receipt>> GetReceiptAsync(ulong revision, string wait = "accepted", int timeoutMs = 0, CancellationToken cancellation = default);
    /// <summary>Locks a node.</summary>
    ValueTask<Outcome<Receipt>> LockAsync(LockRequest request, CancellationToken cancellation = default);
    /// <summary>Lifts a lock.</summary>
    ValueTask<Outcome<Receipt>> UnlockAsync(UnlockRequest request, CancellationToken cancellation = default);
    /// <summary>The locks in force in a tenant.</summary>
    ValueTask<Outcome<Page<LockInfo>>> ListLocksAsync(string tenant, PageQuery query, CancellationToken cancellation = default);

    /// <summary>Changes after a cursor; returns at once. A cursor outside the retention is refused with `cursor.gap` (R3).</summary>
    ValueTask<Outcome<ChangePage>> PullChangesAsync(ChangeQuery query, CancellationToken cancellation = default);
    /// <summary>Changes as they happen, after a cursor; a subscriber that is too slow gets a `cursor.gap` rejection as last item (R3).</summary>
    IAsyncEnumerable<Outcome<Change>> WatchChangesAsync(ChangeQuery query, CancellationToken cancellation = default);
    /// <summary>Audit records.</summary>
    ValueTask<Outcome<Page<AuditEntry>>> QueryAuditAsync(AuditQuery query, CancellationToken cancellation = default);
    /// <summary>Takes an enforcement point's usage. Idempotent by <see cref="UsageReport.ReportId"/>.</summary>
    ValueTask<Outcome<ulong>> ReportUsageAsync(UsageReport report, CancellationToken cancellation = default);

    /// <summary>Makes an API key. Roles operator (any) and tenant admin (own tenant).</summary>
    ValueTask<Outcome<ApiKeyWithSecret>> MakeApiKeyAsync(MakeApiKey command, CancellationToken cancellation = default);
    /// <summary>The API keys that the caller may manage.</summary>
    ValueTask<Outcome<Page<ApiKeyInfo>>> ListApiKeysAsync(PageQuery query, CancellationToken cancellation = default);
    /// <summary>Revokes an API key at once.</summary>
    ValueTask<Outcome<ApiKeyInfo>> RevokeApiKeyAsync(string id, CancellationToken cancellation = default);
}
