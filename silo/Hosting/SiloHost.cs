using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;
using Fabric.Contracts;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.Federation;
using Fabric.Silo.Metrics;
using Fabric.Silo.OAuth;
using Fabric.Silo.OAuth.Documents;
using Fabric.Silo.OAuth.Upstream;
using Fabric.Silo.Outbound;
using Fabric.Silo.Signals;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fabric.Silo.Hosting;

/// <summary>Builds the web host around an engine. The engine is the caller's: it is disposed after the host, last of all.</summary>
public static class SiloHost
{
    /// <summary>The host, ready to start. <paramref name="time"/>: the clock of assertions, proofs and streams; null: the system's.</summary>
    public static WebApplication Build(SiloOptions options, IFabricEngine engine, ILoggerFactory logs, TimeProvider? time = null)
    {
        // Nothing implicit: settings come from one place (SiloOptions), and no file watcher follows the data folder.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Fabric.Silo" });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging();
        builder.WebHost.UseUrls(options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.Limits.StopSeconds));
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton(engine);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(new Issuers(options.Issuer));
        builder.Services.AddSingleton(DpopNonces.For(options));
        builder.Services.AddSingleton(services => new OutboundHttp(options.Outbound, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<KeySets>();
        builder.Services.AddSingleton<IssuedTokens>();
        builder.Services.AddSingleton<ProviderDirectory>();
        builder.Services.AddSingleton<ClientDocuments>();
        builder.Services.AddSingleton<UpstreamTokens>();
        builder.Services.AddSingleton<WorkloadAssertions>();
        builder.Services.AddSingleton<UserTokenGrant>();
        SignalServices.Add(builder.Services, options, engine);
        builder.Services.AddSingleton<SiloMeter>();
        Scrape.Add(builder.Services);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            // For the API's description only: bodies go through FabricJson itself.
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, FabricJson.Default);
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        builder.Services.AddOpenApi("v1", ApiDescription.Configure);
        var app = builder.Build();
        Scrape.Begin(app.Services);
        app.UseWebSockets();
        Surface.Map(app, engine);
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, SiloOptions options)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = ApiRoutes.BodyBytesMax;
        limits.MaxConcurrentConnections = options.Limits.ConnectionsMax;
        limits.MaxConcurrentUpgradedConnections = options.Limits.ConnectionsMax;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        if (LoadCertificate(options.Tls) is { } certificate)
        {
            kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate);
        }
    }

    private static X509Certificate2? LoadCertificate(SiloOptions.TlsSettings tls) =>
        tls.PfxPath is not null ? X509CertificateLoader.LoadPkcs12FromFile(tls.PfxPath, tls.PfxPassword)
        : tls.CertificatePath is not null ? X509Certificate2.CreateFromPemFile(tls.CertificatePath, tls.KeyPath)
        : null;
}
