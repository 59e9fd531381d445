namespace Fabric.Silo.Tests.OAuth.Public;

/// <summary>A host that takes clients' documents of loopback addresses.</summary>
public sealed class DocumentServer : IAsyncLifetime
{
    public OAuthServer Server { get; } = new()
    {
        Configure = options => (options.Outbound.PlainHttpNetworks, options.OAuth.ClientDocumentHosts) = ("127.0.0.0/8", "127.0.0.1"),
    };

    public Task InitializeAsync() => Server.InitializeAsync();

    public Task DisposeAsync() => Server.DisposeAsync();
}
