using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Users;
using Fabric.Silo.Tests.OAuth;

namespace Fabric.Silo.Tests.Federation;

/// <summary>A host that reaches issuers on loopback, and one such issuer.</summary>
public sealed class FederatedServer : IAsyncLifetime
{
    public OAuthServer Server { get; } = new() { Configure = options => options.Outbound.PlainHttpNetworks = "127.0.0.0/8" };

    public ForeignIssuer Issuer { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Server.InitializeAsync();
        Issuer = await ForeignIssuer.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Issuer.DisposeAsync();
        await Server.DisposeAsync();
    }

    /// <summary>A shared agent, which may act for users of its tenant.</summary>
    public async Task<AgentClient> SharedAgentAsync(string? tenant = null, bool requireApproval = false)
    {
        tenant ??= await Server.TenantAsync();
        var (id, owner) = ("a" + Guid.NewGuid().ToString("N"), "u" + Guid.NewGuid().ToString("N"));
        await Server.Operator.CreateUserAsync(tenant, new CreateUser(owner)).OrThrow();
        var made = await Server.Operator.CreateAgentAsync(tenant, new CreateAgent(
            id, "shared", [new ScopeDto("mail"), new ScopeDto("files")], owner, ReviewAt: Server.Time.GetUtcNow().AddDays(30), RequireApproval: requireApproval)).OrThrow();
        return new AgentClient(Server, tenant, id, made.Secret);
    }

    public async Task TrustAsync(string tenant, PutIssuer issuer, string id = "i") => await Server.Operator.PutIssuerAsync(tenant, id, issuer).OrThrow();

    public string Token(string subject, string audience, Action<System.Text.Json.Nodes.JsonObject>? change = null, Action<System.Text.Json.Nodes.JsonObject>? head = null) =>
        Issuer.Token(subject, audience, Server.Time.GetUtcNow(), change: change, head: head);
}
