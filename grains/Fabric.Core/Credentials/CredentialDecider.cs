using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;
using Fabric.Core.Sessions;
using Fabric.Core.Tenants;

namespace Fabric.Core.Credentials;

/// <summary>
/// Issues credentials. <paramref name="Scopes"/> null: the session's. <paramref name="Audience"/> and <paramref name="ProofKey"/>: what they are asked to be for and bound to; null: it is not said. Ids
/// are made outside: Core has no randomness.
/// </summary>
public sealed record IssueBatch(IReadOnlyList<UInt128> Ids, TimeSpan? Lifetime, ScopeSet? Scopes, string? Audience = null, string? ProofKey = null);

/// <summary>An issuance: the event, the scopes that the tokens carry, and whether the lifetime was cut.</summary>
public sealed record IssuedBatch(CredentialsIssued Event, ScopeSet Scopes, Clamp? Clamp);

/// <summary>Decides issuance and revocation of credentials.</summary>
public static class CredentialDecider
{
    private static readonly IReadOnlyList<QuotaRef> NoQuotas = [];

    /// <summary>
    /// Decides an issuance. INVARIANT S2: no credential outlives its session. INVARIANT S3: its scopes lie within the session's. A stale
    /// generation is harmless (the credential is born dead), but is refused where it is seen. <paramref name="sessionScopes"/>: what
    /// <see cref="SessionState.ReadScopes"/> gives, which callers keep for sessions that issue often.
    /// </summary>
    public static Outcome<IssuedBatch> Issue(
        SessionState session, ScopeSet sessionScopes, TenantLimits limits, IssueBatch command, HandleSpace handles, RevocationIndex index, Instant now)
    {
        if (SessionDecider.CheckActive(session, now) is { } dead)
        {
            return dead;
        }

        if (Ancestry.Refusal(session.CheckLineage(index, now)) is { } revoked)
        {
            return revoked;
        }

        // INVARIANT S3: whom they are for, and whose key they need, was said when the session was opened.
        if (session.Binding?.Refuse(command.Audience, command.ProofKey) is { } bound)
        {
            return bound;
        }

        if (command.Lifetime is { } lifetime && lifetime < TimeSpan.FromSeconds(1))
        {
            return new Rejection(Codes.InvalidField, "lifetimeSeconds", "a lifetime is at least one second");
        }

        var scopes = sessionScopes;
        var quotas = NoQuotas;
        if (command.Scopes is { } asked)
        {
            var narrowed = asked.NarrowTo(sessionScopes);
            if (!narrowed.IsOk)
            {
                return narrowed.Rejection;
            }

            scopes = BindOwn(narrowed.Value, session, command.Ids[0], handles, out quotas);
        }

        var wanted = command.Lifetime ?? TimeSpan.FromTicks(Math.Min(Limits.CredentialLifetimeDefault.Ticks, limits.CredentialLifetime.Ticks));
        var (expires, clamp) = Clamp.Cut(
            now, wanted, (now + Limits.CredentialLifetimeMax, "fabric"), (now + limits.CredentialLifetime, "tenant"), (session.ExpiresAt, "session"));

        // A token's `exp` is in whole seconds: round down, so that what the token says is what was decided.
        expires = new Instant(expires.UnixSeconds * 1000);
        return new IssuedBatch(
            new CredentialsIssued(session.Id, session.Tenant, command.Ids, expires, session.LastCredential, quotas), scopes, clamp);
    }

    /// <summary>Decides the revocation of credentials by id, known to the fabric or not.</summary>
    public static Outcome<CredentialsRevoked> Revoke(string tenant, IReadOnlyList<UInt128> ids, string? reason, UInt128 requestKey, Instant now)
    {
        if (Names.CheckText("reason", reason) is { } bad)
        {
            return bad;
        }

        // INVARIANT R4: kept until the longest-lived credential that could have this id has expired, also on a clock that is late.
        var dropAfter = now + Limits.CredentialLifetimeMax + Limits.ClockSkew + Limits.ClockSkew;
        return new CredentialsRevoked(tenant, ids, dropAfter, reason ?? "revoked", requestKey);
    }

    private static ScopeSet BindOwn(ScopeSet scopes, SessionState session, UInt128 first, HandleSpace handles, out IReadOnlyList<QuotaRef> quotas)
    {
        var owner = handles.OfId(NodeKind.Credential, session.Handle, first);
        var bound = SessionQuotas.Bind(scopes, owner, handles);
        List<QuotaRef>? own = null;
        for (var i = 0; i < bound.Entries.Length; i++)
        {
            for (var q = scopes.Entries[i].Quotas.Count; q < bound.Entries[i].Quotas.Count; q++)
            {
                (own ??= []).Add(bound.Entries[i].Quotas[q]);
            }
        }

        quotas = own ?? NoQuotas;
        return bound;
    }
}
