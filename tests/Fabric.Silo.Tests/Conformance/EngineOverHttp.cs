using Fabric.Client.Http;
using Fabric.Contracts;
using Fabric.Contracts.Keys;
using Fabric.Core.Agents;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Issuers;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Engine.Notes;

namespace Fabric.Silo.Tests.Conformance;

/// <summary>An engine whose callers come over HTTP, each with a secret of its own that is made when it first calls.</summary>
internal sealed class EngineOverHttp(EngineServer server) : IFabricEngine
{
    private readonly List<FabricHttpClient> _clients = [];

    public RevocationIndex Index => server.Engine.Index;

    public KeyRing Keys => server.Engine.Keys;

    public FeedHub Feed => server.Engine.Feed;

    public EngineHealth Health => server.Engine.Health;

    public INoteStore Notes => server.Engine.Notes;

    public HostSecrets HostSecrets => server.Engine.HostSecrets;

    public SignInStanding SignInOf(string tenant, string user) => server.Engine.SignInOf(tenant, user);

    public IFabric As(Caller caller)
    {
        // A user has no secret for the API: it says yes on a page.
        if (caller.Role == Role.User)
        {
            return server.Engine.As(caller);
        }
        var client = new Lazy<Task<FabricHttpClient>>(() => ConnectAsync(caller));
        return LateFabric.Make(() => client.Value);
    }

    public Outcome<Caller> Authenticate(ReadOnlySpan<char> presented) => server.Engine.Authenticate(presented);

    public Outcome<TenantSignature> Sign(string tenant, Func<string, byte[]> input) => server.Engine.Sign(tenant, input);

    public Outcome<Caller> AuthenticateAgent(string tenant, string agent, Func<IReadOnlyList<AgentKey>, bool> isProven) => server.Engine.AuthenticateAgent(tenant, agent, isProven);

    public IReadOnlyList<string> UsersCalled(string tenant, string name) => server.Engine.UsersCalled(tenant, name);

    public Outcome<IReadOnlyList<TrustedIssuer>> IssuersOf(string tenant) => server.Engine.IssuersOf(tenant);

    public Outcome<string?> LoginSecretOf(string tenant, TrustedIssuer issuer) => server.Engine.LoginSecretOf(tenant, issuer);

    public TokenStanding Introspect(string token) => server.Engine.Introspect(token);

    public ValueTask<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation = default) => server.Engine.UseOnceAsync(use, cancellation);

    public ValueTask<Outcome<QuotaGrant>> TakeQuotaAsync(Handle quota, string drawer, long want, CancellationToken cancellation = default) =>
        server.Engine.TakeQuotaAsync(quota, drawer, want, cancellation);

    public ValueTask ReturnQuotaAsync(Handle quota, string drawer, long units, long window, CancellationToken cancellation = default) =>
        server.Engine.ReturnQuotaAsync(quota, drawer, units, window, cancellation);

    public ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        return ValueTask.CompletedTask;
    }

    private async Task<FabricHttpClient> ConnectAsync(Caller caller)
    {
        var secret = caller.Role == Role.Agent
            ? (await server.Operator.RotateAgentSecretAsync(caller.Tenant!, caller.Subject)).Value.Secret
            : (await server.Operator.MakeApiKeyAsync(new MakeApiKey(Caller.NameOf(caller.Role), caller.Subject, caller.Tenant))).Value.Secret;
        var client = server.Client(secret);
        _clients.Add(client);
        return client;
    }
}
