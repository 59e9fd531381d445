using Fabric.Engine;
using Fabric.Silo.Hosting;
using Fabric.Silo.Signals.Intake;
using Fabric.Silo.Signals.Push;

namespace Fabric.Silo.Signals;

/// <summary>What the signals need of the host: their stores, and what runs beside the requests.</summary>
internal static class SignalServices
{
    public static void Add(IServiceCollection services, SiloOptions options, IFabricEngine engine)
    {
        services.AddSingleton(provider => SignalStores.Open(options, engine, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService<SignalPusher>();
        services.AddSingleton<EventTokens>();
        services.AddSingleton<WaitingEvents>();
        services.AddSingleton<SignalIntake>();
        services.AddSingleton<PollSources>();
        services.AddSingleton<SignalPoller>();
        services.AddSingleton<SignalPollLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<SignalPollLoop>());
        services.AddSingleton<WaitingEventsLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<WaitingEventsLoop>());
    }
}
