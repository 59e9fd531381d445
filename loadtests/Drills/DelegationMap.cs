using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Trust;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Drills;

/// <summary>Tenants, the grants between them and sessions that are handed on along those: what drills of delegation take place in. A customer's number tells a task.</summary>
internal sealed class DelegationMap(IFabric fabric)
{
    private const long LifetimeSeconds = 4 * 3600;

    private static readonly ScopeDto[] Ceiling = [new("crm.*", "*", "customer/*")];

    /// <summary>Makes a tenant; users with personal agents are settled in it by the town.</summary>
    public Task<Town> FoundAsync(string tenant) => Town.FoundAsync(fabric, tenant);

    /// <summary>Makes a backend agent.</summary>
    public async Task HireAsync(string tenant, string agent) =>
        _ = await fabric.CreateAgentAsync(tenant, new CreateAgent(agent, "backend", Ceiling)).Need("create an agent");

    /// <summary>Makes a grant that both sides agree to; returns its id.</summary>
    public async Task<string> TrustAsync(string grantor, string grantee)
    {
        var grant = await fabric.ProposeTrustAsync(grantor, new ProposeTrust(grantee, Ceiling, TimeProvider.System.GetUtcNow().AddDays(1))).Need("propose a grant");
        return (await fabric.AcceptTrustAsync(grantee, grant.Id).Need("accept a grant")).Id;
    }

    /// <summary>Opens the session of a user's personal agent.</summary>
    public async Task<string> OpenAsync(string tenant, int user, int customer) =>
        (await fabric.OpenSessionAsync(tenant, new OpenSession(Town.Agent(user), $"look after customer {customer}", ScopesOf(customer), LifetimeSeconds: LifetimeSeconds)).Need("open a session")).Id;

    /// <summary>Opens a session of a backend agent, for nobody.</summary>
    public async Task<string> OpenOwnAsync(string tenant, string agent, int customer) =>
        (await fabric.OpenSessionAsync(tenant, new OpenSession(agent, $"look after customer {customer}", ScopesOf(customer), LifetimeSeconds: LifetimeSeconds)).Need("open a session")).Id;

    /// <summary>Hands a session on to an agent, also of another tenant.</summary>
    public async Task<string> DelegateAsync(string session, string tenant, string agent, int customer) =>
        (await fabric.DelegateSessionAsync(session, new DelegateSession(agent, $"help with customer {customer}", ScopesOf(customer), tenant)).Need("delegate")).Id;

    /// <summary>Issues credentials of a session; a call of each, reads and writes in turn.</summary>
    public async Task<List<EdgeCall>> CallsAsync(string session, int customer, int count)
    {
        var issued = await fabric.IssueCredentialsAsync(session, new IssueCredentials(count, LifetimeSeconds)).Need("issue credentials");
        return [.. issued.Credentials.Select((one, i) => new EdgeCall(one.Token, i % 2 == 0 ? "crm.get" : "crm.update", "call", $"customer/{customer}", i % 2 == 0 ? "read" : "write"))];
    }

    private static ScopeDto[] ScopesOf(int customer) => [new("crm.get", "call", $"customer/{customer}"), new("crm.update", "call", $"customer/{customer}")];
}
