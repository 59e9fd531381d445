using System.Text.Json;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Sides;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>
/// oidc-provider, the OpenID provider of Node, with its store in memory and opaque tokens, which is the fastest that it can: client credentials (also with tokens that
/// it signs), introspection, revocation.
/// </summary>
internal sealed class OidcProviderPeer : IPeer
{
    private const int WarmUps = 3;
    private const int LatencyPerSecond = 500;

    private const string Grant = "grant_type=client_credentials&scope=agent";
    private const string Introspection = "token/introspection";

    // A client's secret at a server that lives for a run, on loopback.
    private const string Secret = "a-secret-of-the-load-tests-alone";

    public string Name => "oidc-provider";

    public string? Missing => PeerProcess.Find("node") is null
        ? "node is not installed (Debian: nodejs)"
        : Modules is null ? "oidc-provider is not there: run `npm ci` in tests/interop, whose lock file pins it" : null;

    // Beside the sources: the load tests are run out of the repository.
    private static string? Modules => Above("Fabric.sln") is { } root && Path.Combine(root, "tests", "interop") is var folder
        && Directory.Exists(Path.Combine(folder, "node_modules", "oidc-provider")) ? folder : null;

    public async Task MeasureAsync(Comparison on)
    {
        var (folder, script) = (Modules!, Path.Combine(AppContext.BaseDirectory, "peers", "oidc-provider.mjs"));
        await using var server = await PeerProcess.StartAsync(PeerProcess.Find("node")!, (port, _) => [script, $"{port}", folder], on.Run.Cancellation);
        using var client = new OAuthClient(server.Address, "/", "load", Secret);
        var version = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "node_modules", "oidc-provider", "package.json"))).RootElement.GetProperty("version");
        on.Run.Report.Note($"oidc-provider {version}: one process, its store in memory (nothing on disk); its tokens are opaque, or JWTs signed with ES256 where a pair says so");
        await IssueAsync(on, server, client);
        await GrantAsync(on, server, client);
        await CheckAsync(on, server, client);
        await RevokeAsync(on, server, client);
    }

    private static async Task IssueAsync(Comparison on, PeerProcess server, OAuthClient client)
    {
        var served = await on.Fabric.ServedAsync();
        await on.PairAsync(
            new PairSpec("compare.issue_oidc_provider", "oidc-provider", "issue a signed credential over HTTP, on disk", "client credentials grant, opaque, in memory", "credentials/s"),
            served.IssueRoundAsync, () => RoundAsync(on, server, client, "token", Grant), warmUps: WarmUps);
    }

    // The same endpoint on both sides, with the same way for the client to show who it is.
    private static async Task GrantAsync(Comparison on, PeerProcess server, OAuthClient client)
    {
        var served = await on.Fabric.ServedAsync();
        const string signed = $"{Grant}&resource=urn%3Aload";
        if (!(await client.TokenAsync(KeyValuePair.Create("scope", "agent"), KeyValuePair.Create("resource", "urn:load"))).Text.StartsWith("eyJ", StringComparison.Ordinal))
        {
            throw new LoadException("oidc-provider's token is no JWT");
        }

        await on.PairAsync(
            new PairSpec("compare.token_oidc_provider", "oidc-provider", "client credentials grant: a JWT (ES256) of a session that is named, on disk", "client credentials grant, opaque, in memory", "tokens/s"),
            served.NamingTokenRoundAsync, () => RoundAsync(on, server, client, "token", Grant), warmUps: WarmUps);
        await on.PairAsync(
            new PairSpec("compare.token_jwt_oidc_provider", "oidc-provider", "client credentials grant: a JWT (ES256) of a session that is named, on disk", "client credentials grant, JWT (ES256), in memory", "tokens/s"),
            served.NamingTokenRoundAsync, () => RoundAsync(on, server, client, "token", signed), warmUps: WarmUps);
        await on.PairAsync(
            new PairSpec("compare.token_session_oidc_provider", "oidc-provider", "client credentials grant: a session is opened, and a JWT (ES256) of it issued, both on disk", "client credentials grant, JWT (ES256), in memory", "tokens/s"),
            served.OpeningTokenRoundAsync, () => RoundAsync(on, server, client, "token", signed), warmUps: WarmUps);
    }

    private static async Task CheckAsync(Comparison on, PeerProcess server, OAuthClient client)
    {
        var served = await on.Fabric.ServedAsync();

        // Fewer than its store holds: it forgets the oldest.
        var tokens = new List<string>();
        for (var i = 0; i < ServedSide.Connections; i++)
        {
            tokens.Add(await TokenAsync(client));
        }

        await client.NeedActiveAsync(Introspection, tokens[0], active: true);
        var requests = tokens.Select(token => client.Post(Introspection, $"token={token}")).ToList();
        Task<SideRound> IntrospectAsync() => HttpRound.RunAsync(server.Address, requests, 200, () => server.CpuSeconds, on.Run.Cancellation);
        await on.PairAsync(
            new PairSpec("compare.introspect_oidc_provider", "oidc-provider", "introspection over HTTP of a JWT, by the whole chain behind it", "introspection over HTTP, opaque", "introspections/s"),
            served.IntrospectRoundAsync, IntrospectAsync, warmUps: WarmUps);
        using var fabric = new HttpCaller(served.Address, served.Key);
        await on.PairAsync(
            new PairSpec("compare.check_oidc_provider", "oidc-provider", "an authoritative check over HTTP", "introspection over HTTP", "checks/s"),
            served.CheckRoundAsync, IntrospectAsync,
            new Comparison.Scheduled(
                LatencyPerSecond, i => fabric.PostAsync("/v1/check", served.CheckBody(i)),
                async i => _ = await client.Caller.PostFormAsync($"/{Introspection}", KeyValuePair.Create("token", tokens[i % tokens.Count]))),
            WarmUps);
        await client.NeedActiveAsync(Introspection, tokens[^1], active: true);
    }

    private static async Task RevokeAsync(Comparison on, PeerProcess server, OAuthClient client)
    {
        var served = await on.Fabric.ServedAsync();
        await served.StartEdgesAsync();
        await on.PairAsync(
            new PairSpec("compare.revoke_oidc_provider", "oidc-provider", "revoke a credential over HTTP, on disk, until the last of 10 edges has confirmed", "revocation over HTTP, in memory; nobody is told", "ms", LessIsBetter: true),
            served.RevokeRoundAsync, async () =>
            {
                var (times, clientCpu, cpu) = (new List<double>(), 0.0, 0.0);
                for (var i = 0; i < ServedSide.RevocationsPerRound; i++)
                {
                    var token = await TokenAsync(client);
                    var (seconds, clientOne, cpuOne) = await Comparison.TimedAsync(
                        () => server.CpuSeconds, () => client.Caller.PostFormAsync("/token/revocation", KeyValuePair.Create("token", token)));
                    times.Add(seconds * 1e3);
                    (clientCpu, cpu) = (clientCpu + clientOne, cpu + cpuOne);
                    await client.NeedActiveAsync(Introspection, token, active: false);
                }

                return SideRound.MedianMs(times, clientCpu, cpu);
            });
    }

    private static Task<SideRound> RoundAsync(Comparison on, PeerProcess server, OAuthClient client, string endpoint, string form) => HttpRound.RunAsync(
        server.Address, [.. Enumerable.Repeat(client.Post(endpoint, form), ServedSide.Connections)], 200, () => server.CpuSeconds, on.Run.Cancellation);

    private static async Task<string> TokenAsync(OAuthClient client) => (await client.TokenAsync(KeyValuePair.Create("scope", "agent"))).Text;

    private static string? Above(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, file)))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }
}
