using Fabric.Client.Http;

namespace Fabric.LoadTests.Processes;

/// <summary>The fabric that a scenario drives over HTTP: a host by itself, or the silos of a cluster.</summary>
internal interface IServedFabric : IAsyncDisposable
{
    /// <summary>Where it listens: one address a host.</summary>
    IReadOnlyList<Uri> Addresses { get; }

    /// <summary>The operator's key.</summary>
    string OperatorKey { get; }

    /// <summary>Starts edges in processes of their own, spread over the hosts.</summary>
    Task<EdgeFleet> StartEdgesAsync(int count, CancellationToken cancellation);

    /// <summary>A client of each host, in the order of <see cref="Addresses"/>. <paramref name="secret"/> null: the operator's.</summary>
    FabricHttpClient[] Clients(string? secret = null) => [.. Addresses.Select(address => new FabricHttpClient(address, secret ?? OperatorKey))];
}
