using Fabric.LoadTests.Measure;
using Npgsql;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>
/// Credentials with their parents, as one would write them down in a database: a tree of ten children each, six levels below its root. The row n has the parent
/// (n + 8) / 10; row 1 is the root.
/// </summary>
internal sealed class CredentialTable(NpgsqlDataSource source)
{
    /// <summary>Rows of the tree, its root included.</summary>
    public const int Rows = 1_111_111;

    private const int FirstLeaf = 111_112;
    private const int Leaves = 1_000_000;

    // Of what is inserted: many, so that inserts do not wait for one another at their parent's row.
    private const int FirstParent = 9_000_000;
    private const int Parents = 1_000;

    // Above 11,110 rows: the first of the second level.
    private const int SmallRoot = 12;

    private const string Check = """
        WITH RECURSIVE up AS (
            SELECT id, parent_id, revoked_at, expires_at FROM credential WHERE id = $1
            UNION ALL
            SELECT c.id, c.parent_id, c.revoked_at, c.expires_at FROM credential c JOIN up ON c.id = up.parent_id)
        SELECT count(*)::int, bool_and(revoked_at IS NULL AND expires_at > now()) FROM up
        """;

    private const string Cascade = """
        WITH RECURSIVE below AS (
            SELECT id FROM credential WHERE id = $1
            UNION ALL
            SELECT c.id FROM credential c JOIN below ON c.parent_id = below.id)
        UPDATE credential SET revoked_at = now() FROM below WHERE credential.id = below.id
        """;

    /// <summary>Makes the table and its rows.</summary>
    public async Task FillAsync()
    {
        // Vacuumed by hand between rounds instead of whenever the server likes.
        await RunAsync("""
            CREATE TABLE credential (
                id bigint PRIMARY KEY, parent_id bigint, agent text NOT NULL, expires_at timestamptz NOT NULL, revoked_at timestamptz)
                WITH (autovacuum_enabled = false)
            """);
        await RunAsync($"INSERT INTO credential SELECT n, nullif((n + 8) / 10, 0), 'assistant-' || n % 1000, now() + interval '1 day', NULL FROM generate_series(1, {Rows}) n");
        await RunAsync("CREATE INDEX ON credential (parent_id)");
        await RunAsync("CREATE SEQUENCE issued START 10000000");
        await RunAsync($"INSERT INTO credential SELECT {FirstParent} + n, NULL, 'assistant-' || n, now() + interval '1 day', NULL FROM generate_series(0, {Parents - 1}) n");
        await RunAsync("ALTER TABLE credential ADD FOREIGN KEY (parent_id) REFERENCES credential");
        await VacuumAsync();
        await RunAsync("CHECKPOINT");
    }

    /// <summary>The server's version.</summary>
    public async Task<string> VersionAsync()
    {
        await using var connection = await source.OpenConnectionAsync();
        return connection.ServerVersion;
    }

    /// <summary>Whether a leaf and its six ancestors live; throws <see cref="LoadException"/> when not.</summary>
    public async Task CheckAsync(int i)
    {
        await using var command = source.CreateCommand(Check);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = FirstLeaf + ((long)i * 48_271 % Leaves) });
        await using var reader = await command.ExecuteReaderAsync();
        if (!await reader.ReadAsync() || reader.GetInt32(0) != 7 || !reader.GetBoolean(1))
        {
            throw new LoadException("a live credential does not live, or its ancestors are not six");
        }
    }

    /// <summary>Inserts one credential, beside the tree.</summary>
    public async Task InsertAsync(int i)
    {
        await using var command = source.CreateCommand("INSERT INTO credential VALUES (nextval('issued'), $1, 'assistant-0', now() + interval '1 hour', NULL)");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = FirstParent + (i % Parents) });
        if (await command.ExecuteNonQueryAsync() != 1)
        {
            throw new LoadException("a row was not inserted");
        }
    }

    /// <summary>Revokes all below the root above so many rows; returns how many milliseconds it took.</summary>
    public async Task<double> CascadeAsync(int below)
    {
        await using var command = source.CreateCommand(Cascade);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = below == Rows - 1 ? 1 : SmallRoot });
        var fromNs = Clock.NowNs;
        var updated = await command.ExecuteNonQueryAsync();
        var took = Clock.Ms(fromNs, Clock.NowNs);
        return updated == below + 1 ? took : throw new LoadException($"{updated} rows were revoked instead of {below + 1}");
    }

    /// <summary>Clears up after an UPDATE, as the server would in its own time.</summary>
    public Task VacuumAsync() => RunAsync("VACUUM ANALYZE credential");

    private async Task RunAsync(string sql)
    {
        await using var command = source.CreateCommand(sql);
        _ = await command.ExecuteNonQueryAsync();
    }
}
