using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Sides;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>An ASP.NET host that decides nothing: how near an authoritative check over HTTP comes to what HTTP itself costs.</summary>
internal sealed class AspNetPeer : IPeer
{
    private const int WarmUps = 4;
    private const int LatencyPerSecond = 2_000;

    public string Name => "aspnet";

    public string? Missing => null;

    public async Task MeasureAsync(Comparison on)
    {
        var served = await on.Fabric.ServedAsync();
        var app = Path.Combine(AppContext.BaseDirectory, "Fabric.LoadTests.dll");
        await using var server = await PeerProcess.StartAsync("dotnet", (port, _) => [app, ConstantHost.Verb, $"{port}"], on.Run.Cancellation);
        var requests = Enumerable.Range(0, ServedSide.Connections).Select(i => HttpLoad.Post(server.Address, "/v1/check", served.Key, served.CheckBody(i))).ToList();
        using var fabric = new HttpCaller(served.Address, served.Key);
        using var constant = new HttpCaller(server.Address, served.Key);
        await on.PairAsync(
            new PairSpec("compare.check_http_constant", "ASP.NET constant", "an authoritative check over HTTP", "a minimal POST that returns a constant", "requests/s"),
            served.CheckRoundAsync,
            () => HttpRound.RunAsync(server.Address, requests, 200, () => server.CpuSeconds, on.Run.Cancellation),
            new Comparison.Scheduled(
                LatencyPerSecond, i => fabric.PostAsync("/v1/check", served.CheckBody(i)), i => constant.PostAsync("/v1/check", served.CheckBody(i))),
            WarmUps);
    }
}
