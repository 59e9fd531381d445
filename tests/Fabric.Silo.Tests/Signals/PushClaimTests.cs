using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Keys;
using Fabric.Engine;
using Fabric.Silo.OAuth;
using Fabric.Silo.Outbound;
using Fabric.Silo.Signals;
using Fabric.Silo.Signals.Push;
using Fabric.Silo.Tests.Engine;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests.Signals;

/// <summary>What a host has claimed is worked on, whatever fails beside it.</summary>
public sealed class PushClaimTests(EngineServer server) : IClassFixture<EngineServer>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-claims-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_stream_that_was_claimed_as_something_else_failed_is_pushed_all_the_same()
    {
        await using var target = await PushTarget.StartAsync();
        var office = await Office.OpenAsync(server);
        await server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "siem", office.Tenant)).OrThrow();
        var fails = 1;
        await using var engine = new RelayedEngine(server.Engine)
        {
            Instead = method => method == nameof(IFabric.ListApiKeysAsync) && Interlocked.Decrement(ref fails) >= 0 ? throw new InvalidOperationException("out of order for once") : (object?)null,
        };
        using var store = await StoreAsync(office, target);
        using var pusher = PusherOf(store, engine);
        await pusher.StartAsync(CancellationToken.None);
        try
        {
            await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
            Assert.Equal(SignalEvents.CredentialChange, (await target.NextAsync()).Event);
            Assert.True(fails < 0);
        }
        finally
        {
            await pusher.StopAsync(CancellationToken.None);
        }
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task What_a_receiver_takes_while_its_host_stops_is_not_sent_once_more()
    {
        await using var target = await PushTarget.StartAsync();
        var office = await Office.OpenAsync(server);
        await server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "siem", office.Tenant)).OrThrow();
        using var store = await StoreAsync(office, target);
        var stopping = new TaskCompletionSource();
        target.Reply = async context =>
        {
            await stopping.Task;
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        };
        using (var pusher = PusherOf(store, server.Engine))
        {
            await pusher.StartAsync(CancellationToken.None);
            await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
            var taken = await target.NextAsync();
            var stopped = pusher.StopAsync(CancellationToken.None);
            stopping.SetResult();
            await stopped;
            await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
            using var next = PusherOf(store, server.Engine);
            await next.StartAsync(CancellationToken.None);
            Assert.NotEqual(taken.Jti, (await target.NextAsync()).Jti);
            await next.StopAsync(CancellationToken.None);
        }
    }

    private async Task<FileSignalStore> StoreAsync(Office office, PushTarget target)
    {
        var store = new FileSignalStore(_folder);
        await store.AddAsync(new SignalStream
        {
            Id = "s" + Guid.NewGuid().ToString("N"), Tenant = office.Tenant, Receiver = new Caller(Role.Auditor, office.Tenant, "siem").Name, Audience = "siem", Cursor = null,
            EventsRequested = SignalEvents.Supported, Push = new PushDelivery(target.Url, null),
        }, CancellationToken.None);
        return store;
    }

    // A claim lasts for longer than a test waits: it is not that one which runs out.
    private static SignalPusher PusherOf(FileSignalStore store, IFabricEngine engine)
    {
        var outbound = new OutboundSettings { PlainHttpNetworks = "127.0.0.0/8" };
        var sender = new PushSender(outbound, new PushEndpoints(engine.HostSecrets, outbound), TimeProvider.System);
        return new SignalPusher(store, engine, new Issuers("https://fabric.local"), sender, 60, TimeProvider.System, NullLoggerFactory.Instance);
    }
}
