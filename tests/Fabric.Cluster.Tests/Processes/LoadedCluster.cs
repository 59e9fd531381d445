using System.Collections.Immutable;
using Fabric.Client.Http;
using Fabric.Grains.Storage;
using Fabric.Silo.Cluster;
using Fabric.Testing;
using Npgsql;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>Silo processes over a PostgreSQL server of their own, each of which may be broken and is made whole again before the next test.</summary>
internal sealed class LoadedCluster(SiloNetwork? network = null) : IAsyncDisposable
{
    private const int SilosFirst = 3;

    // A silo that stands still answers nobody: its caller asks another one.
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(8);

    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-load-").FullName;
    private TcpProxy? _way;
    private string _database = "";

    internal ImmutableArray<SiloProcess> Silos { get; private set; } = [];

    internal LocalPostgres Server { get; private set; } = null!;

    internal string OperatorSecret { get; private set; } = "";

    private string KeyFile => Path.Combine(_folder, "operator.key");

    internal async Task StartAsync()
    {
        Server = await LocalPostgres.StartAsync();
        await using (var database = NpgsqlDataSource.Create(Server.ConnectionString))
        {
            await Schema.MigrateAsync(database);
        }

        _database = Server.ConnectionString;
        if (network is not null)
        {
            var server = new NpgsqlConnectionStringBuilder(_database);
            _way = new TcpProxy(server.Port, network.Host);
            (server.Host, server.Port) = ($"{network.Host}", _way.Port);
            _database = server.ConnectionString;
        }

        // The first one makes the operator's key; the others need not wait for each other.
        Silos = [await StartAsync(0)];
        Silos = [.. Silos, .. await Task.WhenAll(Enumerable.Range(1, SilosFirst - 1).Select(StartAsync))];
        OperatorSecret = (await File.ReadAllTextAsync(KeyFile)).Trim();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos)
        {
            await silo.DisposeAsync();
        }

        await (_way?.DisposeAsync() ?? default);
        await (Server?.DisposeAsync() ?? default);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Three silos that serve, whatever the test before has left.</summary>
    internal async Task MakeWholeAsync()
    {
        await (Server.HasExited ? Server.RestartAsync() : Server.SignalAsync("CONT"));
        foreach (var extra in Silos.Skip(SilosFirst))
        {
            await extra.DisposeAsync();
        }

        Silos = [.. Silos.Take(SilosFirst)];
        foreach (var silo in Silos)
        {
            await ServeAgainAsync(silo);
        }
    }

    /// <summary>A silo that stands still goes on, one that has ended, or ends since the others have given it up, is started; and it serves.</summary>
    internal async Task ServeAgainAsync(SiloProcess silo)
    {
        if (!silo.HasExited)
        {
            await silo.SignalAsync("CONT");
            if (await silo.ServesOrEndsAsync() && !await IsGivenUpAsync(silo))
            {
                return;
            }

            await silo.EndedAsync();
        }

        await silo.RestartAsync();
        await silo.ServesOrEndsAsync();
    }

    /// <summary>Starts one more.</summary>
    internal async Task<SiloProcess> AddAsync()
    {
        var silo = await StartAsync(Silos.Length);
        Silos = [.. Silos, silo];
        return silo;
    }

    internal FabricHttpClient Client(SiloProcess silo) =>
        new(new FabricHttpClientOptions { Addresses = [silo.Address], Secret = OperatorSecret, Timeout = CallPatience });

    /// <summary>The silo that the feed log is on, by the database's word.</summary>
    internal async Task<SiloProcess> OwnerAsync()
    {
        await using var database = NpgsqlDataSource.Create(Server.ConnectionString);
        await using var command = database.CreateCommand("SELECT owner FROM fabric_owner WHERE partition = 0");
        var name = (string)(await command.ExecuteScalarAsync())!;
        return Silos.Single(silo => silo.Name == name);
    }

    // 6: SiloStatus.Dead
    private async Task<bool> IsGivenUpAsync(SiloProcess silo)
    {
        await using var database = NpgsqlDataSource.Create(Server.ConnectionString);
        await using var command = database.CreateCommand("SELECT status FROM fabric_membership WHERE silo_name = $1 ORDER BY generation DESC LIMIT 1");
        command.Parameters.Add(new NpgsqlParameter { Value = silo.Name });
        return await command.ExecuteScalarAsync() is 6;
    }

    /// <summary>What the silos have complained about, the newest last.</summary>
    internal string Complaints() => string.Join(
        '\n', Silos.Select((silo, at) => $"--- silo {at} ({silo.Name}{(silo.HasExited ? ", ended" : "")})\n"
            + string.Join('\n', silo.Log.Split('\n').Where(line => line.Contains(" Fabric.") || line.Contains("MembershipTableManager") || line.Contains("crit:")).TakeLast(25).Select(line => line.Length > 600 ? line[..600] : line))));

    private Task<SiloProcess> StartAsync(int number) => SiloProcess.StartAsync(_database, KeyFile, network?.Places[number]);
}
