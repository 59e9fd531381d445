using Fabric.Engine.Notes;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>One silo's connections to the database that all silos share.</summary>
internal sealed class PostgresStore : IClusterStore
{
    private const string Invariant = "Npgsql";
    private const long CommonLock = 0x4661627269630003;

    private readonly string _providers;
    private readonly NpgsqlDataSource _commands;
    private readonly NpgsqlDataSource _order;

    internal PostgresStore(string connectionString)
    {
        _providers = ClusterDatabase.ForProviders(connectionString);
        Queries = ClusterDatabase.OpenQueries(connectionString);
        _commands = ClusterDatabase.OpenCommands(connectionString);
        _order = ClusterDatabase.OpenOrder(connectionString);
        Order = new LogTables(_order);
        Entities = new EntityTables(_commands);
        Reads = new ClusterReads(Queries, _commands);
        Audit = new AuditTables(_commands);
        Upkeep = new UpkeepTables(Queries);
    }

    /// <summary>The connections for what callers look up.</summary>
    internal NpgsqlDataSource Queries { get; }

    public IOrderStore Order { get; }

    public IEntityStore Entities { get; }

    public IClusterReads Reads { get; }

    public IAuditStore Audit { get; }

    public IUpkeepStore Upkeep { get; }

    public Task CheckAsync(CancellationToken cancellation) => Schema.CheckAsync(_commands, cancellation);

    public async Task<byte[]> KeepAsync(string name, byte[] first, CancellationToken cancellation)
    {
        await using var insert = _commands.CreateCommand("INSERT INTO fabric_meta (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        LogTables.Add(insert.Parameters, name, first);
        await insert.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await using var read = _commands.CreateCommand("SELECT value FROM fabric_meta WHERE name = $1");
        LogTables.Add(read.Parameters, name);
        return (byte[])(await read.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    public async Task<IAsyncDisposable> LockAsync(CancellationToken cancellation) =>
        await AdvisoryLock.TakeAsync(_commands, CommonLock, cancellation).ConfigureAwait(false);

    public INoteStore Notes(TimeProvider time) => new NoteTable(Queries, time);

    public void Provide(ISiloBuilder silo)
    {
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Invariant, _providers));
        silo.AddAdoNetGrainStorage(ClusterNames.Storage, storage => (storage.Invariant, storage.ConnectionString) = (Invariant, _providers));
        silo.AddAdoNetGrainStorage(ClusterNames.Subscriptions, storage => (storage.Invariant, storage.ConnectionString) = (Invariant, _providers));
        silo.UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.ConnectionString) = (Invariant, _providers));
    }

    public async ValueTask DisposeAsync()
    {
        await _order.DisposeAsync().ConfigureAwait(false);
        await _commands.DisposeAsync().ConfigureAwait(false);
        await Queries.DisposeAsync().ConfigureAwait(false);
        ClusterDatabase.CloseProviders(_providers);
    }
}
