using Fabric.Client;
using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Client.Http;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Users;

namespace Fabric.Silo.Demo;

/// <summary>Who plays: two tenants, a user, three agents, a human approver and an enforcement point, all over HTTP and WebSockets with secrets of their own.</summary>
internal sealed class Cast : IAsyncDisposable
{
    public const string Acme = "acme";
    public const string Globex = "globex";
    public const string Jane = "jane";
    public const string Traveller = "travel-bot";
    public const string Mailer = "mail-bot";
    public const string Booker = "booking-bot";

    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(15);

    private readonly List<FabricHttpClient> _clients = [];
    private readonly Uri _address;

    private readonly IReadOnlyList<Uri> _feed;

    private Cast(Uri address, string operatorSecret, IReadOnlyList<Uri> feed)
    {
        (_address, _feed) = (address, feed);
        Operator = Client(operatorSecret);
    }

    public FabricHttpClient Operator { get; }

    public FabricHttpClient AcmeAdmin { get; private set; } = null!;

    public FabricHttpClient GlobexAdmin { get; private set; } = null!;

    public FabricHttpClient Omar { get; private set; } = null!;

    public FabricHttpClient TravelBot { get; private set; } = null!;

    public FabricHttpClient MailBot { get; private set; } = null!;

    public FabricHttpClient BookingBot { get; private set; } = null!;

    public Edge Edge { get; private set; } = null!;

    /// <summary>Registers everybody. Refusals end the story. <paramref name="feed"/>: where the enforcement point connects, in this order; null: to the same address.</summary>
    public static async Task<Cast> AssembleAsync(Uri address, string operatorSecret, CancellationToken cancellation, IReadOnlyList<Uri>? feed = null)
    {
        var cast = new Cast(address, operatorSecret, feed ?? [address]);
        var root = cast.Operator;
        foreach (var (tenant, name) in new[] { (Acme, "Acme Travel"), (Globex, "Globex Bookings") })
        {
            await root.CreateTenantAsync(new CreateTenant(tenant, name), cancellation).OrThrow();
        }
        cast.AcmeAdmin = await cast.KeyAsync("tenant_admin", "ada", Acme, cancellation);
        cast.GlobexAdmin = await cast.KeyAsync("tenant_admin", "gus", Globex, cancellation);
        cast.Omar = await cast.KeyAsync("approver", "omar", Acme, cancellation);
        await cast.AcmeAdmin.CreateUserAsync(Acme, new CreateUser(Jane, "Jane Doe", ["sales"]), cancellation).OrThrow();
        cast.TravelBot = await AgentAsync(
            cast, cast.AcmeAdmin, Acme,
            new CreateAgent(Traveller, "personal", [new ScopeDto("flights.*"), new ScopeDto("hotels.*"), new ScopeDto("mail", "send")], Jane, RequireApproval: true));
        cast.MailBot = await AgentAsync(
            cast, cast.AcmeAdmin, Acme,
            new CreateAgent(Mailer, "shared", [new ScopeDto("mail", "send")], Jane, ReviewAt: TimeProvider.System.GetUtcNow().AddDays(90)));
        cast.BookingBot = await AgentAsync(cast, cast.GlobexAdmin, Globex, new CreateAgent(Booker, "backend", [new ScopeDto("hotels.*")]));
        await cast.ConnectEdgeAsync(cancellation);
        return cast;
    }

    public async ValueTask DisposeAsync()
    {
        if (Edge is not null)
        {
            await Edge.DisposeAsync();
        }
        _clients.ForEach(client => client.Dispose());
    }

    private static async Task<FabricHttpClient> AgentAsync(Cast cast, FabricHttpClient admin, string tenant, CreateAgent command) =>
        cast.Client((await admin.CreateAgentAsync(tenant, command).OrThrow()).Secret);

    private async Task<FabricHttpClient> KeyAsync(string role, string subject, string? tenant, CancellationToken cancellation) =>
        Client((await Operator.MakeApiKeyAsync(new MakeApiKey(role, subject, tenant), cancellation).OrThrow()).Secret);

    private FabricHttpClient Client(string secret)
    {
        var client = new FabricHttpClient(_address, secret);
        _clients.Add(client);
        return client;
    }

    private async Task ConnectEdgeAsync(CancellationToken cancellation)
    {
        var key = await Operator.MakeApiKeyAsync(new MakeApiKey("enforcement_point", "gateway-1"), cancellation).OrThrow();
        var clock = new EdgeClock(TimeProvider.System);
        var options = new FabricEdgeOptions { Name = "gateway-1" };
        Edge = new Edge(new FeedConnection(new FeedConnectionOptions { Addresses = _feed, Secret = key.Secret, BackoffMax = TimeSpan.FromSeconds(1) }, options, clock), options, clock);
        Edge.Start();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(ReadyPatience);
        while (!Edge.IsReady)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), patience.Token);
        }
    }
}
