using Fabric.Contracts;
using Fabric.Core.Agents;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Issuers;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Engine.Feed;
using Fabric.Engine.Notes;

namespace Fabric.Engine;

/// <summary>An engine: the embedded one or the cluster. All give the same answers to the same commands (E1).</summary>
public interface IFabricEngine : IAsyncDisposable
{
    /// <summary>The engine's own revocation index: what an in-process enforcement point reads, with staleness 0.</summary>
    RevocationIndex Index { get; }

    /// <summary>The public signing keys of all tenants.</summary>
    KeyRing Keys { get; }

    /// <summary>The enforcement feed with its leases and receipts.</summary>
    FeedHub Feed { get; }

    /// <summary>The engine's state.</summary>
    EngineHealth Health { get; }

    /// <summary>Cancelled when the engine cannot go on in this process: end it without waiting for anybody, and start anew. Never for an engine alone.</summary>
    CancellationToken Ended => CancellationToken.None;

    /// <summary>What the host remembers for a while beside the fabric's own state.</summary>
    INoteStore Notes { get; }

    /// <summary>Seals the secrets that the host keeps beside the fabric's own state.</summary>
    HostSecrets HostSecrets { get; }

    /// <summary>The fabric's interface for one caller. Cheap.</summary>
    IFabric As(Caller caller);

    /// <summary>
    /// Who holds a secret: an API key (`fk.ID.SECRET`) or an agent's (`fa.AGENT.SECRET`). Constant-time compare. Refusal:
    /// `auth.unauthenticated`, whatever was wrong.
    /// </summary>
    Outcome<Caller> Authenticate(ReadOnlySpan<char> presented);

    /// <summary>
    /// Signs what a tenant says beside its tokens (status lists, security events) under the key that signs its tokens. <paramref name="input"/> is given the key's id and makes the bytes,
    /// whose type must not be that of an access token. Refusals: `node.not_found`, `tenant.no_signing_key`.
    /// </summary>
    Outcome<TenantSignature> Sign(string tenant, Func<string, byte[]> input);

    /// <summary>
    /// An agent that has proven who it is: <paramref name="isProven"/> is given its public keys, none if it has none. Refusals: `auth.unauthenticated`, whatever was wrong.
    /// </summary>
    Outcome<Caller> AuthenticateAgent(string tenant, string agent, Func<IReadOnlyList<AgentKey>, bool> isProven);

    /// <summary>How a user stands who signs in, at this moment, by the revocation index; its refusal is `auth.unauthenticated` when there is no such user.</summary>
    SignInStanding SignInOf(string tenant, string user);

    /// <summary>
    /// The ids of a tenant's users, also of those that have ended, that are this text but for the case of its letters: itself first, if there is one. Ids that differ in it alone are different users.
    /// </summary>
    IReadOnlyList<string> UsersCalled(string tenant, string name);

    /// <summary>
    /// The issuers that a tenant trusts at this moment; none for a tenant that is not there or is revoked. Refusal: `storage.unavailable` while this engine cannot know.
    /// </summary>
    Outcome<IReadOnlyList<TrustedIssuer>> IssuersOf(string tenant);

    /// <summary>
    /// The fabric's own secret at an issuer at which a tenant's users sign in; null: it is a public client there. Refusal: `storage.unavailable` when it cannot be opened by this master key.
    /// </summary>
    Outcome<string?> LoginSecretOf(string tenant, TrustedIssuer issuer);

    /// <summary>
    /// Whether a token stands at this moment, by the fabric's own knowledge (RFC 7662); code `check.unavailable` when this engine cannot know. Who may be told is the
    /// caller's to judge.
    /// </summary>
    TokenStanding Introspect(string token);

    /// <summary>
    /// Waits until this engine knows all that was done before the call, at whatever silo: what it does not know then is not there. Null: it does; refusals: `check.unavailable`,
    /// `storage.unavailable`. One process alone always knows.
    /// </summary>
    ValueTask<Rejection?> CatchUpAsync(CancellationToken cancellation = default) => new((Rejection?)null);

    /// <summary>
    /// Takes what may be used once: an assertion's or a proof's `jti`. Null: it is taken, and refused to everybody from now on. Refusals: `auth.replayed`; `auth.too_early`;
    /// `limit.reached` while one owner has too many that are unexpired; `storage.unavailable`.
    /// </summary>
    ValueTask<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation = default);

    /// <summary>
    /// Draws up to <paramref name="want"/> units from a quota, durably, for <paramref name="drawer"/>: one run of one enforcement point. Refusals: `node.not_found`, `quota.exhausted`, `quota.rate_exceeded`, `storage.unavailable`.
    /// </summary>
    ValueTask<Outcome<QuotaGrant>> TakeQuotaAsync(Handle quota, string drawer, long want, CancellationToken cancellation = default);

    /// <summary>Gives unused units back. Units of a window that has passed, or more than this drawer took, are ignored.</summary>
    ValueTask ReturnQuotaAsync(Handle quota, string drawer, long units, long window, CancellationToken cancellation = default);
}
