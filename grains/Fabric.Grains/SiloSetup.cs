using System.Net;
using Fabric.Contracts.Orleans;
using Fabric.Grains.Feed;
using Fabric.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Fabric.Grains;

/// <summary>The Orleans silo: its providers on the shared store, and the times in which it notices that another one is gone.</summary>
internal static class SiloSetup
{
    // Longer than a command may wait for the log: what timed out may have been done, and is not asked for again. A call to a silo that is gone ends sooner, when that is noticed.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan NoticePeriod = TimeSpan.FromMilliseconds(20);

    internal static IHost Build(ClusterOptions options, ClusterParts parts, AuditWriter audit, ILoggerFactory logs)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton(logs);
        builder.Services.AddLogging();
        builder.Services.AddSingleton(parts);
        builder.Services.AddSingleton(audit);
        builder.Services.AddSingleton<RelayPeers>();
        builder.UseOrleans(silo =>
        {
            silo.Configure<Orleans.Configuration.ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, "fabric"));
            silo.Configure<SiloOptions>(named => named.SiloName = parts.SiloName);
            silo.Configure<EndpointOptions>(endpoints =>
            {
                endpoints.AdvertisedIPAddress = options.Address ?? IPAddress.Loopback;
                (endpoints.SiloPort, endpoints.GatewayPort) = (options.SiloPort, options.GatewayPort);
            });
            parts.Store.Provide(silo);
            silo.AddMemoryStreams(ChangeNotice.Provider, Notices);
            silo.Configure<ClusterMembershipOptions>(Notice);
            silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = ResponseTimeout);
            silo.AddGrainService<RelayService>();
            silo.AddIncomingGrainCallFilter<SiloCalls>();
            silo.AddOutgoingGrainCallFilter<SiloCalls>();
        });
        return builder.Build();
    }

    // One queue, looked at by one silo: a notice says where the order stands, and the newest one tells all.
    private static void Notices(ISiloMemoryStreamConfigurator streams)
    {
        streams.ConfigurePartitioning(1);
        streams.ConfigurePullingAgent(agent => agent.Configure(pulling => pulling.GetQueueMsgsTimerPeriod = NoticePeriod));
    }

    // A silo that is gone is noticed in one to two seconds, by two others where there are so many; a frozen one no later.
    private static void Notice(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(1);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(1);
        membership.NumMissedProbesLimit = 3;
        membership.NumVotesForDeathDeclaration = 2;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        membership.EnableConnectionLivenessCheck = false;
    }
}
