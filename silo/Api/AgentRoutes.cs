using Fabric.Contracts;
using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Agents of a tenant.</summary>
internal static class AgentRoutes
{
    private const string Tag = "Agents";
    private const string One = "/v1/tenants/{t}/agents/{a}";

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.Post(
                "/v1/tenants/{t}/agents", json.CreateAgent, json.AgentWithSecret,
                (r, body) => r.Fabric.CreateAgentAsync(r.Tenant, body, r.Cancellation), StatusCodes.Status201Created)
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "createAgent", "Registers an agent. Its secret is shown this once.");
        routes.List("/v1/tenants/{t}/agents", json.PageAgentInfo, (r, page) => r.Fabric.ListAgentsAsync(r.Tenant, page, r.Cancellation))
            .RequireRoles(RoleSets.Readers)
            .Describe(Tag, "listAgents", "A tenant's agents, by id.");
        routes.Get(One, json.AgentInfo, r => r.Fabric.GetAgentAsync(r.Tenant, r.Route("a"), r.Cancellation))
            .RequireRoles(RoleSets.Readers | Role.Agent)
            .Describe(Tag, "getAgent", "An agent.");
        MapLife(routes, json);
        MapCare(routes, json);
    }

    private static void MapLife(ApiRoutes routes, FabricJson json)
    {
        routes.Post(One + "/suspend", json.SuspendAgent, json.Receipt, (r, body) => r.Fabric.SuspendAgentAsync(r.Tenant, r.Route("a"), body, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "suspendAgent", "Stops an agent until a moment or until resumed.");
        routes.Post(One + "/resume", json.Receipt, r => r.Fabric.ResumeAgentAsync(r.Tenant, r.Route("a"), r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "resumeAgent", "Lifts a suspension.");
        routes.Post(One + "/retire", json.EndNode, json.Receipt, (r, body) => r.Fabric.RetireAgentAsync(r.Tenant, r.Route("a"), body, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "retireAgent", "Ends an agent for good.");
    }

    private static void MapCare(ApiRoutes routes, FabricJson json)
    {
        routes.Post(One + "/rotate-secret", json.AgentWithSecret, r => r.Fabric.RotateAgentSecretAsync(r.Tenant, r.Route("a"), r.Cancellation))
            .RequireRoles(RoleSets.Workers)
            .Describe(Tag, "rotateAgentSecret", "Gives an agent a new secret; the old one stops working at once.");
        routes.Post(
                One + "/keys", json.SetAgentKeys, json.AgentInfo, (r, body) => r.Fabric.SetAgentKeysAsync(r.Tenant, r.Route("a"), body, r.Cancellation),
                method: "PUT")
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "setAgentKeys", "Replaces the public keys by which an agent proves itself to the token endpoint (RFC 7523).");
        routes.Post(
                One + "/redirect-uris", json.SetAgentRedirects, json.AgentInfo,
                (r, body) => r.Fabric.SetAgentRedirectsAsync(r.Tenant, r.Route("a"), body, r.Cancellation), method: "PUT")
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "setAgentRedirects", "Replaces the redirect URIs that an agent's authorization requests may name (RFC 6749 section 3.1.2).");
        routes.Post(One + "/transfer", json.TransferAgent, json.AgentInfo, (r, body) => r.Fabric.TransferAgentAsync(r.Tenant, r.Route("a"), body, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "transferAgent", "Gives a shared or backend agent another owner.");
        routes.Post(One + "/review", json.ReviewAgent, json.AgentInfo, (r, body) => r.Fabric.ReviewAgentAsync(r.Tenant, r.Route("a"), body, r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "reviewAgent", "Confirms that a shared agent is still needed, until the next review.");
    }
}
