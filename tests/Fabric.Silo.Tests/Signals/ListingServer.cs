namespace Fabric.Silo.Tests.Signals;

/// <summary>The host with status lists for all tenants.</summary>
public sealed class ListingServer : IAsyncLifetime
{
    public EngineServer Server { get; } = new(options => (options.StatusLists.Tenants, options.StatusLists.TtlSeconds) = ("*", 20));

    public Task InitializeAsync() => Server.InitializeAsync();

    public Task DisposeAsync() => Server.DisposeAsync();
}
