using System.Globalization;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>
/// The schema as numbered scripts in this assembly. Applied one after the other, each in a transaction of its own together with its number, under an
/// advisory lock: several silos that migrate at once wait for each other, and a second run does nothing.
/// </summary>
public static class Schema
{
    // Any number that nothing else in the database locks.
    private const long AdvisoryLock = 0x4661627269630001;

    private const string Versions = "CREATE TABLE IF NOT EXISTS fabric_schema (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())";

    /// <summary>The newest version that this program knows.</summary>
    public static int Newest { get; } = Scripts().Last().Version;

    /// <summary>Brings the database to <see cref="Newest"/> and answers the version that it had. Throws <see cref="SchemaException"/> when it is newer.</summary>
    public static async Task<int> MigrateAsync(NpgsqlDataSource database, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock({AdvisoryLock})", cancellation).ConfigureAwait(false);
        try
        {
            await ExecuteAsync(connection, Versions, cancellation).ConfigureAwait(false);
            var applied = await AppliedAsync(connection, cancellation).ConfigureAwait(false);
            var before = applied.Max;
            RefuseNewer(before);
            foreach (var (version, name) in Scripts().Where(script => !applied.Contains(script.Version)))
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
                await ExecuteAsync(connection, Read(name), cancellation).ConfigureAwait(false);
                await ExecuteAsync(connection, $"INSERT INTO fabric_schema (version) VALUES ({version})", cancellation).ConfigureAwait(false);
                await transaction.CommitAsync(cancellation).ConfigureAwait(false);
            }

            return before;
        }
        finally
        {
            await ExecuteAsync(connection, $"SELECT pg_advisory_unlock({AdvisoryLock})", CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Throws <see cref="SchemaException"/> unless the database has the version that this program knows.</summary>
    public static async Task CheckAsync(NpgsqlDataSource database, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var exists = new NpgsqlCommand("SELECT to_regclass('fabric_schema') IS NOT NULL", connection);
        var applied = (bool)(await exists.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!
            ? await AppliedAsync(connection, cancellation).ConfigureAwait(false)
            : [];
        RefuseNewer(applied.Max);
        if (Scripts().Any(script => !applied.Contains(script.Version)))
        {
            throw new SchemaException($"the database has schema version {applied.Max} and not all up to it, this program needs all up to {Newest}: run `migrate` first");
        }
    }

    private static void RefuseNewer(int version)
    {
        if (version > Newest)
        {
            throw new SchemaException($"the database has schema version {version}, newer than the {Newest} that this program knows: run the newer program");
        }
    }

    // Each by its number: a script may come to a program later than one with a higher number did.
    private static async Task<SortedSet<int>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT version FROM fabric_schema", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var applied = new SortedSet<int>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            applied.Add(reader.GetInt32(0));
        }

        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        // The scripts define queries whose text has parameters of Orleans (`@Name`): no parameter is ours, so nothing may be replaced.
#pragma warning disable CA2100 // the text is this assembly's own
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static IEnumerable<(int Version, string Name)> Scripts() =>
        from name in typeof(Schema).Assembly.GetManifestResourceNames()
        where name.EndsWith(".sql", StringComparison.Ordinal)
        let version = int.Parse(name.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture)
        orderby version
        select (version, name);

    private static string Read(string name)
    {
        using var stream = typeof(Schema).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
