using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Tenants;
using Fabric.Core.Users;

namespace Fabric.Engine;

/// <summary>
/// A user as one who signs in, at this moment. <paramref name="Generations"/>: of tenant and user; a login of other ones is dead. <paramref name="Refusal"/>: why it may not act, null: it may.
/// </summary>
public sealed record SignInStanding(string Name, string Generations, UserSignIn? SignIn, Rejection? Refusal)
{
    private static readonly Rejection Unknown = new(Codes.Unauthenticated, "user", "no such user signs in here");

    /// <summary>A user of whom nothing is known now.</summary>
    public static SignInStanding Refused(Rejection refusal) => new("", "", null, refusal);

    /// <summary>How a user stands. INVARIANT R1: by the revocation index, so that a revocation or a lock ends its logins at once.</summary>
    public static SignInStanding Of(TenantState? tenant, UserState? user, RevocationIndex index, Instant now)
    {
        if (tenant is null || user is null)
        {
            return Refused(Unknown);
        }

        ReadOnlySpan<LineageNode> nodes =
        [
            new LineageNode(NodeKind.Tenant, tenant.Handle, tenant.Standing.Generation), new LineageNode(NodeKind.User, user.Handle, user.Standing.Generation),
        ];
        var refusal = tenant.Standing.Ended || user.Standing.Ended ? Unknown : Ancestry.Refusal(index.CheckLineage(nodes, now));
        return new SignInStanding(user.Name, $"{tenant.Standing.Generation}.{user.Standing.Generation}", user.SignIn, refusal);
    }
}
