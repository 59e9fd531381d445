using System.Security.Cryptography;
using Fabric.Client.Http;
using Fabric.Contracts.Keys;
using Fabric.Grains.Storage;
using Fabric.LoadTests.Processes;
using Fabric.Silo.Cluster;
using Npgsql;

namespace Fabric.LoadTests.Cluster;

/// <summary>Silo processes over a PostgreSQL server of their own, all on this machine.</summary>
internal sealed class SiloCluster : IServedFabric
{
    private readonly string _folder;
    private readonly LocalPostgres _postgres;
    private readonly List<Place> _places = [];

    private SiloCluster(string folder, LocalPostgres postgres) => (_folder, _postgres) = (folder, postgres);

    /// <summary>The silos, in the order of their start.</summary>
    public IReadOnlyList<SiloProcess> Silos => [.. _places.Select(place => place.Silo)];

    /// <summary>How long the first start of the first silo took, on a migrated database that nobody has used, in seconds.</summary>
    public double FirstStartSeconds { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<Uri> Addresses => [.. _places.Select(place => place.Silo.Address)];

    /// <summary>The database.</summary>
    public string Database => _postgres.ConnectionString;

    /// <summary>The database's first process, which has started all others.</summary>
    public int DatabaseProcessId => _postgres.ProcessId;

    /// <summary>The cluster's master key.</summary>
    public byte[] MasterKey { get; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>The operator's key.</summary>
    public string OperatorKey => _places[0].Silo.OperatorKey;

    /// <summary>Starts a database and silos. Throws <see cref="LoadException"/> when PostgreSQL is not installed.</summary>
    public static async Task<SiloCluster> StartAsync(string folder, int silos, CancellationToken cancellation)
    {
        if (LocalPostgres.FindPrograms() is null)
        {
            throw new LoadException("PostgreSQL is not installed: `apt-get install postgresql`");
        }

        var cluster = new SiloCluster(folder, await LocalPostgres.StartAsync(cancellation));
        try
        {
            await using (var source = NpgsqlDataSource.Create(cluster.Database))
            {
                await Schema.MigrateAsync(source, cancellation);
            }

            for (var i = 0; i < silos; i++)
            {
                await cluster.AddAsync(cancellation);
            }

            cluster.FirstStartSeconds = Measure.Clock.Ms(cluster.Silos[0].StartedNs, cluster.Silos[0].ReadyNs) / 1_000;
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more silo.</summary>
    public async Task<SiloProcess> AddAsync(CancellationToken cancellation)
    {
        var place = new Place(
            Directory.CreateDirectory(Path.Combine(_folder, $"silo-{_places.Count + 1}")).FullName, FreePort.Find(), FreePort.Find(), FreePort.Find());
        place.Silo = await StartAsync(place, cancellation);
        _places.Add(place);
        return place.Silo;
    }

    /// <summary>Starts a silo that was killed again, at its ports.</summary>
    public async Task RestartAsync(int silo, CancellationToken cancellation)
    {
        await _places[silo].Silo.DisposeAsync();
        _places[silo].Silo = await StartAsync(_places[silo], cancellation);
    }

    /// <summary>A client of one silo with the operator's key.</summary>
    public FabricHttpClient Operator(int silo) => _places[silo].Silo.Client(OperatorKey);

    /// <summary>Where one silo takes Orleans clients.</summary>
    public Uri Gateway(int silo) => new($"{RemoteEdge.OrleansScheme}://127.0.0.1:{_places[silo].GatewayPort}");

    /// <inheritdoc/>
    /// <remarks>Half of them over HTTP, the others over the Orleans client.</remarks>
    Task<EdgeFleet> IServedFabric.StartEdgesAsync(int count, CancellationToken cancellation) => StartEdgesAsync((count + 1) / 2, count / 2, cancellation);

    /// <summary>Starts edges in processes of their own, silo after silo: over HTTP first, then as many over the Orleans client.</summary>
    public Task<EdgeFleet> StartEdgesAsync(int each, CancellationToken cancellation) => StartEdgesAsync(each, each, cancellation);

    private async Task<EdgeFleet> StartEdgesAsync(int overHttp, int overOrleans, CancellationToken cancellation)
    {
        using var client = Operator(0);
        var key = await client.MakeApiKeyAsync(new MakeApiKey("enforcement_point", "edges"), cancellation).Need("make a key");
        var edges = new List<EdgeProcess>();
        for (var i = 0; i < overHttp + overOrleans; i++)
        {
            var silo = i % _places.Count;
            var (name, address) = i < overHttp ? ($"http-{i + 1}", _places[silo].Silo.Address) : ($"orleans-{i - overHttp + 1}", Gateway(silo));
            edges.Add(await EdgeProcess.StartAsync(name, address, key.Secret, cancellation));
        }

        return new EdgeFleet(edges);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var place in _places)
        {
            await place.Silo.DisposeAsync();
        }

        await _postgres.DisposeAsync();
    }

    private Task<SiloProcess> StartAsync(Place place, CancellationToken cancellation) => SiloProcess.StartAsync(
        place.Folder, cancellation, place.HttpPort, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Fabric__Engine"] = "orleans",
            ["Fabric__MasterKey"] = Convert.ToBase64String(MasterKey),
            ["Fabric__Cluster__ConnectionString"] = Database,
            ["Fabric__Cluster__SiloPort"] = $"{place.SiloPort}",
            ["Fabric__Cluster__GatewayPort"] = $"{place.GatewayPort}",
        });

    private sealed class Place(string folder, int httpPort, int siloPort, int gatewayPort)
    {
        public string Folder { get; } = folder;

        public int HttpPort { get; } = httpPort;

        public int SiloPort { get; } = siloPort;

        public int GatewayPort { get; } = gatewayPort;

        public SiloProcess Silo { get; set; } = null!;
    }
}
