using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Feed;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Silo.Feed;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Fabric.Client.Tests.Feed;

/// <summary>A hub behind a real server on loopback, by the real clock.</summary>
internal sealed class FeedHost : IEdgeService, IAsyncDisposable
{
    private readonly WebApplication _app;
    private ulong _next = 1;

    private FeedHost(FeedHubOptions? options)
    {
        Hub = new FeedHub(Index, Keys, new FeedStart(1), options);
        Hub.Open(leftOver: null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Use((context, next) =>
        {
            context.Features.Set(new Caller(Role.EnforcementPoint, null, "edges"));
            return next(context);
        });
        FeedEndpoint.Map(_app, Hub, _ => this);
    }

    public RevocationIndex Index { get; } = new(99);

    public KeyRing Keys { get; } = new();

    public FeedHub Hub { get; }

    public Uri Address => new(_app.Urls.First());

    public static async Task<FeedHost> StartAsync(FeedHubOptions? options = null)
    {
        var host = new FeedHost(options);
        await host._app.StartAsync();
        return host;
    }

    public static FeedConnection Connect(FabricEdgeOptions? edge, params Uri[] addresses)
    {
        var connection = new FeedConnection(
            new FeedConnectionOptions { Addresses = addresses, Secret = "s" }, edge ?? new FabricEdgeOptions { Name = "e" }, new EdgeClock(TimeProvider.System));
        connection.Start(_ => 0);
        return connection;
    }

    public ulong Revoke(int count = 1)
    {
        var records = new IndexRecord[count];
        for (var i = 0; i < count; i++)
        {
            records[i] = FeedFixture.Record(_next++);
        }

        return Hub.Append(records);
    }

    public Task StopAsync() => _app.StopAsync();

    public Handle GuardedTenant(string tenant) => default;

    public ValueTask<CheckAnswerFrame> CheckAsync(CheckFrame check, string? tenant, CancellationToken cancellation) =>
        new(new CheckAnswerFrame(check.RequestId, true, null, Hub.Head, 0));

    public ValueTask<QuotaAnswerFrame> TakeQuotaAsync(TakeQuotaFrame take, string drawer, CancellationToken cancellation) =>
        new(new QuotaAnswerFrame(take.RequestId, null, take.Want, 0, 0));

    public ValueTask ReturnQuotaAsync(ReturnQuotaFrame give, string drawer, CancellationToken cancellation) => ValueTask.CompletedTask;

    public VerificationKey? FindKey(string kid) => null;

    public ValueTask<UsageAnswerFrame> ReportUsageAsync(uint requestId, UsageReport report, CancellationToken cancellation) =>
        new(new UsageAnswerFrame(requestId, null, (ulong)report.Lines.Count));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Hub.DisposeAsync();
    }
}
