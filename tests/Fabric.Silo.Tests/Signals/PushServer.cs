namespace Fabric.Silo.Tests.Signals;

/// <summary>A host that pushes to receivers on loopback.</summary>
public sealed class PushServer : IAsyncLifetime
{
    public EngineServer Server { get; } = new(options => (options.Outbound.PlainHttpNetworks, options.Outbound.TimeoutSeconds) = ("127.0.0.0/8", 2));

    public Task InitializeAsync() => Server.InitializeAsync();

    public Task DisposeAsync() => Server.DisposeAsync();
}
