using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Core.Tenants;

namespace Fabric.Core.Trust;

/// <summary>Proposes a trust grant.</summary>
public sealed record ProposeGrant(UInt128 Id, ScopeSet Scopes, Instant ExpiresAt);

/// <summary>Decides the commands of a trust grant that are not of every node.</summary>
public static class TrustDecider
{
    /// <summary>Decides a proposal of <paramref name="grantor"/> to <paramref name="grantee"/>.</summary>
    public static Outcome<TrustProposed> Decide(TenantState grantor, TenantState grantee, ProposeGrant command, Instant now)
    {
        if (grantor.Id == grantee.Id)
        {
            return new Rejection(Codes.InvalidField, "grantee", "inside one tenant no trust grant is needed");
        }

        if (command.ExpiresAt <= now || command.ExpiresAt > now + Limits.TrustLifetimeMax)
        {
            return new Rejection(Codes.InvalidField, "expiresAt", $"a trust grant ends within {Limits.TrustLifetimeMax.TotalDays} days");
        }

        if (grantor.Standing.Ended || grantee.Standing.Ended)
        {
            return new Rejection(Codes.TenantRevoked, grantor.Standing.Ended ? grantor.Id : grantee.Id, "the tenant is revoked");
        }

        return new TrustProposed(command.Id, grantor.Id, grantee.Id, command.Scopes, command.ExpiresAt);
    }

    /// <summary>Decides an acceptance by <paramref name="tenant"/>. Idempotent: accepting an accepted grant changes nothing (null).</summary>
    public static Outcome<TrustAccepted?> Accept(TrustState state, string tenant, Instant now)
    {
        if (state.Grantee != tenant)
        {
            return new Rejection(Codes.TrustNotAccepted, Names.FormatId(state.Id), "only the tenant that the grant is offered to accepts it");
        }

        if (state.Standing.Ended || state.ExpiresAt <= now)
        {
            return new Rejection(Codes.TrustRevoked, Names.FormatId(state.Id), "the trust grant is ended");
        }

        return Outcome<TrustAccepted?>.Of(state.Accepted ? null : new TrustAccepted(state.Id, state.Grantor, state.Grantee));
    }
}
