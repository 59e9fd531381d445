using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Sides;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>
/// oidc-provider, the OpenID provider of Node, with its store in memory and opaque tokens, which is the fastest that it can: client credentials, introspection,
/// revocation.
/// </summary>
internal sealed class OidcProviderPeer : IPeer
{
    private const int WarmUps = 3;
    private const int LatencyPerSecond = 500;

    // A client's id and secret of a server that lives for a run, on loopback.
    private static readonly string Basic = Convert.ToBase64String(Encoding.ASCII.GetBytes("load:a-secret-of-the-load-tests-alone"));

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
        using var caller = new HttpCaller(server.Address, new AuthenticationHeaderValue("Basic", Basic));
        var version = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "node_modules", "oidc-provider", "package.json"))).RootElement.GetProperty("version");
        on.Run.Report.Note($"oidc-provider {version}: one process, its store in memory (nothing on disk), opaque tokens (nothing signed)");
        await IssueAsync(on, server);
        await IntrospectAsync(on, server, caller);
        await RevokeAsync(on, server, caller);
    }

    private static async Task IssueAsync(Comparison on, PeerProcess server)
    {
        var served = await on.Fabric.ServedAsync();
        var requests = Enumerable.Repeat(Form(server.Address, "/token", "grant_type=client_credentials&scope=agent"), ServedSide.Connections).ToList();
        await on.PairAsync(
            new PairSpec("compare.issue_oidc_provider", "oidc-provider", "issue a signed credential over HTTP, on disk", "client credentials grant, opaque, in memory", "credentials/s"),
            served.IssueRoundAsync, () => HttpRound.RunAsync(server.Address, requests, 200, () => server.CpuSeconds, on.Run.Cancellation), warmUps: WarmUps);
    }

    private static async Task IntrospectAsync(Comparison on, PeerProcess server, HttpCaller caller)
    {
        var served = await on.Fabric.ServedAsync();

        // Fewer than its store holds: it forgets the oldest.
        var tokens = new List<string>();
        for (var i = 0; i < ServedSide.Connections; i++)
        {
            tokens.Add(await TokenAsync(caller));
        }

        await NeedActiveAsync(caller, tokens[0], active: true);
        var requests = tokens.Select(token => Form(server.Address, "/token/introspection", $"token={token}")).ToList();
        using var fabric = new HttpCaller(served.Address, served.Key);
        await on.PairAsync(
            new PairSpec("compare.check_oidc_provider", "oidc-provider", "an authoritative check over HTTP", "introspection over HTTP", "checks/s"),
            served.CheckRoundAsync, () => HttpRound.RunAsync(server.Address, requests, 200, () => server.CpuSeconds, on.Run.Cancellation),
            new Comparison.Scheduled(
                LatencyPerSecond, i => fabric.PostAsync("/v1/check", served.CheckBody(i)),
                async i => _ = await caller.PostFormAsync("/token/introspection", KeyValuePair.Create("token", tokens[i % tokens.Count]))),
            WarmUps);
        await NeedActiveAsync(caller, tokens[^1], active: true);
    }

    private static async Task RevokeAsync(Comparison on, PeerProcess server, HttpCaller caller)
    {
        var served = await on.Fabric.ServedAsync();
        await served.StartEdgesAsync();
        await on.PairAsync(
            new PairSpec("compare.revoke_oidc_provider", "oidc-provider", "revoke a credential over HTTP, on disk, until the last of 10 edges has confirmed", "revocation over HTTP, in memory; nobody is told", "ms", LessIsBetter: true),
            served.RevokeRoundAsync, async () =>
            {
                var (times, client, cpu) = (new List<double>(), 0.0, 0.0);
                for (var i = 0; i < ServedSide.RevocationsPerRound; i++)
                {
                    var token = await TokenAsync(caller);
                    var (seconds, clientOne, cpuOne) = await Comparison.TimedAsync(
                        () => server.CpuSeconds, () => caller.PostFormAsync("/token/revocation", KeyValuePair.Create("token", token)));
                    times.Add(seconds * 1e3);
                    (client, cpu) = (client + clientOne, cpu + cpuOne);
                    await NeedActiveAsync(caller, token, active: false);
                }

                return SideRound.MedianMs(times, client, cpu);
            });
    }

    private static async Task<string> TokenAsync(HttpCaller caller)
    {
        using var answer = JsonDocument.Parse(
            await caller.PostFormAsync("/token", KeyValuePair.Create("grant_type", "client_credentials"), KeyValuePair.Create("scope", "agent")));
        return answer.RootElement.GetProperty("access_token").GetString()!;
    }

    private static async Task NeedActiveAsync(HttpCaller caller, string token, bool active)
    {
        using var answer = JsonDocument.Parse(await caller.PostFormAsync("/token/introspection", KeyValuePair.Create("token", token)));
        if (answer.RootElement.GetProperty("active").GetBoolean() != active)
        {
            throw new LoadException($"oidc-provider says of a token that it is {(active ? "not " : "")}active");
        }
    }

    private static byte[] Form(Uri address, string path, string form) => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Basic {Basic}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + $"Content-Length: {form.Length}\r\n\r\n{form}");

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
