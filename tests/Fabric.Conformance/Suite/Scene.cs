using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Conformance.Suite;

/// <summary>A tenant with a user, the user's personal agent and a shared agent: where most stories begin.</summary>
public sealed class Scene
{
    public const string Tenant = "acme";
    public const string User = "mia";
    public const string Agent = "mia.assistant";
    public const string Shared = "billing-bot";

    private Scene(IFabricEngine engine)
    {
        Engine = engine;
        Operator = engine.As(new Caller(Role.Operator, null, "root"));
        Admin = engine.As(new Caller(Role.TenantAdmin, Tenant, "ada"));
        Approver = engine.As(new Caller(Role.Approver, Tenant, "jane"));
        Edge = engine.As(new Caller(Role.EnforcementPoint, null, "edge"));
        AsAgent = engine.As(new Caller(Role.Agent, Tenant, Agent));
    }

    public IFabricEngine Engine { get; }
    public IFabric Operator { get; }
    public IFabric Admin { get; }
    public IFabric Approver { get; }
    public IFabric Edge { get; }
    public IFabric AsAgent { get; }

    public static ScopeDto[] Wide { get; } = [new("flights.*", "*", "*"), new("mail", "send", "*")];
    public static ScopeDto[] Narrow { get; } = [new("flights.search", "call", "*")];

    public static async Task<Scene> MakeAsync(IFabricEngine engine)
    {
        var scene = new Scene(engine);
        await scene.AddTenantAsync(Tenant);
        Ok(await scene.Operator.CreateUserAsync(Tenant, new CreateUser(User)));
        Ok(await scene.Operator.CreateAgentAsync(Tenant, new CreateAgent(Agent, "personal", Wide, Owner: User)));
        Ok(await scene.Operator.CreateAgentAsync(
            Tenant, new CreateAgent(Shared, "shared", Wide, Owner: User, ReviewAt: DateTimeOffset.UtcNow.AddDays(90))));
        return scene;
    }

    public static T Ok<T>(Outcome<T> outcome)
    {
        Assert.True(outcome.IsOk, outcome.Rejection?.ToString());
        return outcome.Value;
    }

    public static void Refused<T>(string code, Outcome<T> outcome)
    {
        Assert.False(outcome.IsOk, "the command was accepted");
        Assert.Equal(code, outcome.Rejection!.Code);
    }

    public async Task AddTenantAsync(string tenant) => Ok(await Operator.CreateTenantAsync(new CreateTenant(tenant)));

    public async Task<SessionInfo> OpenAsync(string agent = Agent, ScopeDto[]? scopes = null, long? seconds = null) =>
        Ok(await Operator.OpenSessionAsync(Tenant, new OpenSession(agent, "find a flight", scopes ?? Wide, LifetimeSeconds: seconds)));

    public async Task<IssuedCredential> IssueAsync(string session) =>
        Ok(await Operator.IssueCredentialsAsync(session, new IssueCredentials())).Credentials[0];

    public async Task<CheckAnswer> CheckAsync(string token, string tool = "flights.search", string action = "call", string @class = "read") =>
        Ok(await Edge.CheckAsync(new CheckRequest(token, tool, action, "SEA-JFK", @class)));

    public async Task AllowedAsync(string token, string tool = "flights.search")
    {
        var answer = await CheckAsync(token, tool);
        Assert.True(answer.Allowed, answer.Code);
    }

    public async Task DeniedAsync(string code, string token, string tool = "flights.search")
    {
        var answer = await CheckAsync(token, tool);
        Assert.False(answer.Allowed, "the call was allowed");
        Assert.Equal(code, answer.Code);
    }

    public static UsageLine Usage(SessionInfo session, string credential, long count) => new(
        session.Tenant, session.User, session.Agent, session.Id, credential, "mail", "send", "x", null, false, count,
        session.OpenedAt, session.OpenedAt.AddSeconds(1), session.Revision);
}
