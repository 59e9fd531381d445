using Fabric.Client.Mcp.Http;

namespace Fabric.Gateway.Upstreams;

/// <summary>Whose a session is: of tenant, user and agent, whatever the token. A new token of the same task, or of the next one, goes on with it; nobody else does.</summary>
internal static class Principal
{
    /// <summary>The name of who sends a request.</summary>
    public static string Of(GuardedRequest request) => $"{request.Claims.Tenant}/{request.Claims.Subject}/{request.Claims.ClientId}";
}
