using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Keys;
using Fabric.Engine;
using Fabric.Silo.OAuth;
using Fabric.Silo.Outbound;
using Fabric.Silo.Signals;
using Fabric.Silo.Signals.Push;
using Fabric.Silo.Tests.Engine;
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
        var outbound = new OutboundSettings { PlainHttpNetworks = "127.0.0.0/8" };
        using var store = new FileSignalStore(_folder);
        await store.AddAsync(new SignalStream
        {
            Id = "s1", Tenant = office.Tenant, Receiver = new Caller(Role.Auditor, office.Tenant, "siem").Name, Audience = "siem", Cursor = null, EventsRequested = SignalEvents.Supported,
            Push = new PushDelivery(target.Url, null),
        }, CancellationToken.None);
        var sender = new PushSender(outbound, new PushEndpoints(engine.HostSecrets, outbound), TimeProvider.System);

        // A claim lasts for longer than this test waits: it is not that one which runs out.
        using var pusher = new SignalPusher(store, engine, new Issuers("https://fabric.local"), sender, 60, TimeProvider.System, NullLoggerFactory.Instance);
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
}
