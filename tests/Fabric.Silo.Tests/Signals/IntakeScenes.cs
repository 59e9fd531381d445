using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Users;
using Fabric.Silo.Tests.Federation;
using Fabric.Silo.Tests.OAuth;

namespace Fabric.Silo.Tests.Signals;

/// <summary>A user with a credential, in a tenant that trusts an identity provider's events.</summary>
internal sealed record IntakeScene(string Tenant, string User, string Token);

/// <summary>Users whose identity provider tells events of them, and the host that takes these.</summary>
internal sealed class IntakeScenes(FederatedServer federated)
{
    public const string Caep = "https://schemas.openid.net/secevent/caep/event-type/";
    public const string Risc = "https://schemas.openid.net/secevent/risc/event-type/";
    public const string Audience = "https://fabric.local/receiver";

    private OAuthServer Server => federated.Server;

    public async Task<IntakeScene> SceneAsync(string? tenant = null, string? name = null, ForeignIssuer? issuer = null, bool isKnown = false)
    {
        if (tenant is null)
        {
            tenant = await Server.TenantAsync();
            await federated.TrustAsync(tenant, new PutIssuer("signals", (issuer ?? federated.Issuer).Url, Audiences: [Audience]), "idp");
        }
        var (user, agent) = (name ?? "jane", "a" + Guid.NewGuid().ToString("N"));
        if (!isKnown)
        {
            await Server.Operator.CreateUserAsync(tenant, new CreateUser(user)).OrThrow();
        }
        await Server.Operator.CreateAgentAsync(tenant, new CreateAgent(agent, "personal", [new ScopeDto("mail")], user)).OrThrow();
        var session = await Server.Operator.OpenSessionAsync(tenant, new OpenSession(agent, "test", [new ScopeDto("mail")])).OrThrow();
        var issued = await Server.Operator.IssueCredentialsAsync(session.Id, new IssueCredentials()).OrThrow();
        return new IntakeScene(tenant, user, issued.Credentials[0].Token);
    }

    public async Task<bool> AllowsAsync(IntakeScene scene) => (await Server.Operator.CheckAsync(new CheckRequest(scene.Token, "mail", "send", "desk", "read")).OrThrow()).Allowed;

    public async Task<string> StatusAsync(IntakeScene scene) => (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status;

    public string Token(
        string user, string type, string fields, Action<JsonObject>? change = null, Action<JsonObject>? head = null, string algorithm = "ES256", ForeignIssuer? issuer = null) =>
        (issuer ?? federated.Issuer).Token("x", Audience, Server.Time.GetUtcNow(), algorithm, change: claims =>
        {
            claims.Remove("sub");
            claims.Remove("exp");
            claims["sub_id"] = new JsonObject { ["format"] = "iss_sub", ["iss"] = (issuer ?? federated.Issuer).Url, ["sub"] = user };
            claims["events"] = new JsonObject { [type] = JsonNode.Parse(fields) };
            change?.Invoke(claims);
        }, head: header =>
        {
            header["typ"] = "secevent+jwt";
            head?.Invoke(header);
        });

    public async Task<HttpStatusCode> SendAsync(string tenant, string token)
    {
        using var answer = await PostAsync(tenant, token);
        return answer.StatusCode;
    }

    public Task<HttpResponseMessage> PostAsync(string tenant, string token, string type = "application/secevent+jwt")
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(token));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return Server.Http.PostAsync(new Uri($"/tenants/{tenant}/ssf/events", UriKind.Relative), content);
    }

    /// <summary>The first change of a kind in a tenant, from its beginning.</summary>
    public async Task<Change> WaitForAsync(string tenant, string kind)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var begin = (await Server.Operator.PullChangesAsync(new ChangeQuery(null, tenant, Limit: 1)).OrThrow()).Next;
        await foreach (var change in Server.Operator.WatchChangesAsync(new ChangeQuery(begin, tenant, null, [kind]), limit.Token))
        {
            return change.OrThrow();
        }
        throw new InvalidOperationException("the changes ended");
    }

    public async Task<(string Status, bool Ok)> HealthAsync()
    {
        var health = JsonNode.Parse(await (await Server.Http.GetAsync(new Uri("/healthz", UriKind.Relative))).Content.ReadAsStringAsync())!;
        return ((string)health["status"]!, (bool)health["parts"]!.AsArray().Single(part => (string)part!["name"]! == "signals")!["ok"]!);
    }

    /// <summary>Moves time until something is so. Less at once than a request for keys may last, with a request of our own in between, so that those under way get on.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo, TimeSpan? step = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            Server.Time.Advance(step ?? TimeSpan.FromSeconds(1));
            await HealthAsync();
        }
    }

    /// <summary>A sample of the host's metrics, whatever other labels it has.</summary>
    public async Task<long> MetricAsync(string name, string label)
    {
        var text = await Server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        var line = text.Split('\n').Single(line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal));
        return long.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);
    }
}
