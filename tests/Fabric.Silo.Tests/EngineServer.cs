using Fabric.Client.Http;
using Fabric.Contracts.Keys;
using Fabric.Embedded;
using Fabric.Engine;
using Fabric.Silo.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests;

/// <summary>The host on a free port around an embedded engine on a folder of its own.</summary>
public sealed class EngineServer : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-silo-tests-").FullName;
    private readonly Action<SiloOptions>? _configure;

    public EngineServer()
    {
    }

    internal EngineServer(Action<SiloOptions> configure) => _configure = configure;

    public EmbeddedEngine Engine { get; private set; } = null!;

    public WebApplication App { get; private set; } = null!;

    public HttpClient Http { get; } = new();

    /// <summary>The fabric over HTTP, as an operator.</summary>
    public FabricHttpClient Operator { get; private set; } = null!;

    public string OperatorSecret { get; private set; } = null!;

    public Uri Address => new(App.Urls.First());

    public async Task InitializeAsync()
    {
        var options = new SiloOptions { Urls = "http://127.0.0.1:0", DataFolder = _folder };
        _configure?.Invoke(options);
        Engine = EngineStart.Open(options, NullLoggerFactory.Instance);
        App = SiloHost.Build(options, Engine, NullLoggerFactory.Instance);
        await App.StartAsync();
        Http.BaseAddress = Address;
        OperatorSecret = (await Engine.As(Caller.Fabric).MakeApiKeyAsync(new MakeApiKey("operator", "tests"))).Value.Secret;
        Operator = Client(OperatorSecret);
    }

    public FabricHttpClient Client(string? secret) => new(Address, secret);

    /// <summary>A client with a new key of a role.</summary>
    public async Task<FabricHttpClient> ClientAsync(string role, string subject, string? tenant = null) =>
        Client((await Operator.MakeApiKeyAsync(new MakeApiKey(role, subject, tenant))).Value.Secret);

    public async Task DisposeAsync()
    {
        Http.Dispose();
        Operator.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        await Engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
