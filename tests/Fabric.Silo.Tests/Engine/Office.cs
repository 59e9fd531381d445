using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Users;

namespace Fabric.Silo.Tests.Engine;

/// <summary>A tenant with a user and an agent that works on invoices, and a live session with a token.</summary>
internal sealed record Office(string Tenant, string Agent, string User, SessionInfo Session, IssuedCredential Credential)
{
    public static readonly ScopeDto[] Scopes =
    [
        new("billing", "read", "invoices/*"), new("billing", "pay", "invoices/7", MaxCalls: 1), new("billing", "get", "invoices/7", ReadOnly: true),
        new("mail", "send", "desk"), new("files", "*", "shared/*", Environment: "prod"),
    ];

    public string Token => Credential.Token;

    public static async Task<Office> OpenAsync(EngineServer server, string agent = "clerk", params ScopeDto[] scopes)
    {
        var tenant = "t" + Guid.NewGuid().ToString("N");
        var given = scopes.Length == 0 ? Scopes : scopes;
        await server.Operator.CreateTenantAsync(new CreateTenant(tenant)).OrThrow();
        await server.Operator.CreateUserAsync(tenant, new CreateUser("jane")).OrThrow();
        await server.Operator.CreateAgentAsync(tenant, new CreateAgent(agent, "personal", given, "jane")).OrThrow();
        var session = await server.Operator.OpenSessionAsync(tenant, new OpenSession(agent, "test", given)).OrThrow();
        var issued = await server.Operator.IssueCredentialsAsync(session.Id, new IssueCredentials()).OrThrow();
        return new Office(tenant, agent, "jane", session, issued.Credentials[0]);
    }
}
