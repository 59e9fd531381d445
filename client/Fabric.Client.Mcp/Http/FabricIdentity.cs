using System.Security.Claims;
using Fabric.Core.Tokens;

namespace Fabric.Client.Mcp.Http;

/// <summary>
/// Who calls, for what runs behind the guard, with what was decided. The name is of tenant, subject and agent: by it a server tells whose session is whose, so that nobody goes on with another's.
/// </summary>
internal sealed class FabricIdentity(GuardedRequest request, TokenClaims claims) : ClaimsIdentity(ClaimsOf(claims), "Fabric", "sub", "role")
{
    /// <summary>The request that the guard let through.</summary>
    public GuardedRequest Request { get; } = request;

    /// <summary>The guarded request of a principal; null: the guard did not see it.</summary>
    public static GuardedRequest? RequestOf(ClaimsPrincipal? principal) => principal?.Identities.OfType<FabricIdentity>().FirstOrDefault()?.Request;

    private static Claim[] ClaimsOf(TokenClaims claims) =>
    [
        new(ClaimTypes.NameIdentifier, $"{claims.Tenant}/{claims.Subject}/{claims.ClientId}"),
        new("sub", claims.Subject), new("tenant", claims.Tenant), new("client_id", claims.ClientId), new("sid", claims.SessionId.ToString("x32", null)), new("iss", claims.Issuer),
    ];
}
