using Fabric.Conformance.Suite;
using Fabric.Engine;

namespace Fabric.Silo.Tests.Conformance;

/// <summary>The engines' suite, with every caller behind the typed client and the HTTP API.</summary>
public sealed class HttpSuite : EngineSuite
{
    private readonly EngineServer _server = new();

    protected override async Task<IFabricEngine> OpenAsync()
    {
        await _server.InitializeAsync();
        return new EngineOverHttp(_server);
    }

    protected override Task CloseAsync() => _server.DisposeAsync();
}
