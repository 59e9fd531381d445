using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Users;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Scenarios;

/// <summary>A tenant with users who have a personal agent each: where the scenarios take place.</summary>
internal sealed class Town(IFabric fabric, string tenant)
{
    /// <summary>Callers at once while setting up: many share one commit.</summary>
    public const int Callers = 128;

    /// <summary>Backend agents that tasks are delegated to.</summary>
    public const int Helpers = 50;

    private const long CredentialSeconds = 6 * 3600;
    private const long SessionSeconds = 24 * 3600;

    private static readonly ScopeDto[] Ceiling =
    [
        new("crm.*", "*", "customer/*"), new("docs.search", "*", "*", ReadOnly: true), new("mail.send", "call", "outbox/*"),
    ];

    /// <summary>The tenant.</summary>
    public string Tenant => tenant;

    /// <summary>The fabric as the operator sees it.</summary>
    public IFabric Fabric => fabric;

    /// <summary>A user's name.</summary>
    public static string User(int i) => $"user-{i:d7}";

    /// <summary>The name of a user's agent.</summary>
    public static string Agent(int i) => $"assistant-{i:d7}";

    /// <summary>The name of a backend agent.</summary>
    public static string Helper(int i) => $"helper-{i:d2}";

    /// <summary>Makes the tenant.</summary>
    public static async Task<Town> FoundAsync(IFabric fabric, string tenant)
    {
        var limits = new TenantLimitsDto(SessionSecondsMax: SessionSeconds, CredentialSecondsMax: CredentialSeconds, LiveSessionsMax: 5_000_000);
        _ = await fabric.CreateTenantAsync(new CreateTenant(tenant, Limits: limits)).Need("create the tenant");
        return new Town(fabric, tenant);
    }

    /// <summary>Makes users <paramref name="from"/> to <paramref name="to"/> - 1 with their agents.</summary>
    public async Task SettleAsync(int from, int to)
    {
        await Swarm.ForAsync(to - from, Callers, async i => _ = await fabric.CreateUserAsync(tenant, new CreateUser(User(from + i))).Need("create a user"));
        await Swarm.ForAsync(to - from, Callers, async i => _ = await fabric.CreateAgentAsync(
            tenant, new CreateAgent(Agent(from + i), "personal", Ceiling, Owner: User(from + i))).Need("create an agent"));
    }

    /// <summary>Makes the backend agents.</summary>
    public Task SettleHelpersAsync() => Swarm.ForAsync(Helpers, Town.Callers, async i =>
        _ = await fabric.CreateAgentAsync(tenant, new CreateAgent(Helper(i), "backend", Ceiling)).Need("create a helper"));

    /// <summary>Makes one more backend agent; returns its secret.</summary>
    public async Task<string> HireAsync(string name) => (await fabric.CreateAgentAsync(tenant, new CreateAgent(name, "backend", Ceiling)).Need("create an agent")).Secret;

    /// <summary>
    /// Opens a session of a user's agent. Its scopes are those of one task: a customer, the documents, a mailbox; its purpose is its own.
    /// </summary>
    public async Task<string> OpenAsync(int user, int customer, int? ticket = null) =>
        (await fabric.OpenSessionAsync(tenant, Task(user, customer, ticket)).Need("open a session")).Id;

    /// <summary>What <see cref="OpenAsync"/> asks for.</summary>
    public static OpenSession Task(int user, int customer, int? ticket = null) => new(
        Agent(user), $"answer ticket {ticket ?? customer}",
        [
            new("crm.get", "call", $"customer/{customer}"), new("crm.update", "call", $"customer/{customer}"),
            new("docs.search", "*", "*", ReadOnly: true),
        ], LifetimeSeconds: SessionSeconds);

    /// <summary>Issues credentials of a session, up to 1,000.</summary>
    public async Task<IReadOnlyList<IssuedCredential>> IssueAsync(string session, int count) =>
        (await fabric.IssueCredentialsAsync(session, new IssueCredentials(count, CredentialSeconds)).Need("issue credentials")).Credentials;

    /// <summary>A call that the sessions of <see cref="OpenAsync"/> allow, of class write or, every third, of class read.</summary>
    public static EdgeCall CallOf(string token, int customer, int turn) => (turn % 3) switch
    {
        0 => new(token, "crm.update", "call", $"customer/{customer}", "write"),
        1 => new(token, "crm.get", "call", $"customer/{customer}", "read"),
        _ => new(token, "docs.search", "search", $"index/{turn}", "read"),
    };
}
