using System.Text.RegularExpressions;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>What operators watch is there.</summary>
[Collection(SharedPostgres.Name)]
public sealed partial class ScrapeTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_silo_exposes_every_series_that_the_alerts_and_the_dashboard_ask_for()
    {
        await using var cluster = await ThreeSilos.StartAsync(await postgres.MakeAsync());
        using var client = cluster.Operator(0);
        var (session, token) = await ThreeSilos.IssueAsync(client);
        Assert.True(ThreeSilos.Ok(await client.CheckAsync(new CheckRequest(token, "mail", "send", "x", "read"))).Allowed);
        var receipt = ThreeSilos.Ok(await client.RevokeAsync(new RevokeRequest(new NodeDto("session", ThreeSilos.Tenant, session), Wait: "confirmed", TimeoutMs: 30_000)));
        Assert.Equal("confirmed", receipt.State);

        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri(cluster.Silos[0].Address, "/metrics"));
        var scraped = text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[..line.AsSpan().IndexOfAny('{', ' ')]).ToHashSet(StringComparer.Ordinal);
        var asked = Asked().ToHashSet(StringComparer.Ordinal);
        Assert.True(asked.Count > 10, $"only {asked.Count} series are asked for");
        Assert.Empty(asked.Except(scraped));
        Assert.Contains(scraped, name => name.StartsWith("orleans_", StringComparison.Ordinal));
        Assert.DoesNotContain(ThreeSilos.Tenant, text, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Asked()
    {
        var deploy = Path.Combine(Root(), "deploy");
        return new[] { "*.yml", "*.json" }.SelectMany(kind => Directory.EnumerateFiles(deploy, kind, SearchOption.AllDirectories))
            .SelectMany(File.ReadLines).Where(line => Expression().IsMatch(line)).SelectMany(line => Series().Matches(line)).Select(match => match.Value);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Fabric.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    [GeneratedRegex("^\\s*\"?expr\"?:|\"expr\":")]
    private static partial Regex Expression();

    [GeneratedRegex("fabric_[a-z_]+")]
    private static partial Regex Series();
}
