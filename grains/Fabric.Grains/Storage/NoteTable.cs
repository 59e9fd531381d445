using System.Collections.Concurrent;
using Fabric.Core.Common;
using Fabric.Engine.Notes;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>Notes in the cluster's database, the same for all silos. How many of a kind there are in all is counted now and then, so that limit is met about.</summary>
internal sealed class NoteTable(NpgsqlDataSource database, TimeProvider time) : INoteStore
{
    private const string Columns = "name, tenant, kind, owner, subject, until_ms, body, version";

    private static readonly TimeSpan CountsKept = TimeSpan.FromSeconds(10);
    private static readonly Rejection Unavailable = new(Codes.StorageUnavailable, "database", "the database does not answer");

    private readonly ConcurrentDictionary<string, (long Count, Instant At)> _counts = new(StringComparer.Ordinal);

    private Instant Now => Instant.From(time.GetUtcNow());

    public async ValueTask<Outcome<Note?>> FindAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default)
    {
        var found = await RowsAsync(
            $"SELECT {Columns} FROM fabric_notes WHERE name = $1 AND tenant = $2 AND kind = $3 AND until_ms > $4", cancellation, Uuid.Of(name), tenant, kind, Now.UnixMs)
            .ConfigureAwait(false);
        return found.IsOk ? Outcome<Note?>.Of(found.Value.Count == 1 ? found.Value[0] : null) : found.Rejection;
    }

    public async ValueTask<Outcome<IReadOnlyList<Note>>> ListAsync(string tenant, string kind, string subject, int most, CancellationToken cancellation = default)
    {
        var found = await RowsAsync(
            $"SELECT {Columns} FROM fabric_notes WHERE tenant = $1 AND kind = $2 AND subject = $3 AND until_ms > $4 ORDER BY until_ms LIMIT $5", cancellation, tenant, kind, subject,
            Now.UnixMs, most).ConfigureAwait(false);
        return found.IsOk ? Outcome<IReadOnlyList<Note>>.Of(found.Value) : found.Rejection;
    }

    public async ValueTask<Rejection?> AddAsync(Note note, NoteLimits limits, CancellationToken cancellation = default)
    {
        var now = Now;
        var count = await CountAsync(note.Kind, now, cancellation).ConfigureAwait(false);
        if (!count.IsOk || count.Value >= limits.AllMax)
        {
            return count.Rejection ?? Full(note);
        }

        // What has expired under the same name makes room for it.
        var added = await ChangedAsync(
            $"""
            INSERT INTO fabric_notes AS held ({Columns}) SELECT $1, $2, $3, $4, $5, $6, $7, $8
            WHERE (SELECT count(*) FROM (SELECT 1 FROM fabric_notes WHERE kind = $3 AND tenant = $2 AND owner = $4 AND until_ms > $9 LIMIT $10) AS own) < $10
            ON CONFLICT (name) DO UPDATE SET tenant = $2, kind = $3, owner = $4, subject = $5, until_ms = $6, body = $7, version = $8 WHERE held.until_ms <= $9
            """, cancellation, [.. Values(note), now.UnixMs, limits.OwnerMax]).ConfigureAwait(false);
        if (!added.IsOk || added.Value == 1)
        {
            return added.Rejection;
        }

        var known = await FindAsync(note.Tenant, note.Kind, note.Name, cancellation).ConfigureAwait(false);
        return !known.IsOk ? known.Rejection : known.Value is null ? Full(note) : new Rejection(Codes.AlreadyExists, note.Kind, "there is one of this name");
    }

    public async ValueTask<Outcome<Note?>> ReplaceAsync(Note note, CancellationToken cancellation = default)
    {
        var changed = await ChangedAsync(
            """
            UPDATE fabric_notes SET owner = $4, subject = $5, until_ms = $6, body = $7, version = $8 + 1
            WHERE name = $1 AND tenant = $2 AND kind = $3 AND version = $8 AND until_ms > $9
            """, cancellation, [.. Values(note), Now.UnixMs]).ConfigureAwait(false);
        return changed.IsOk ? Outcome<Note?>.Of(changed.Value == 1 ? note with { Version = note.Version + 1 } : null) : changed.Rejection;
    }

    public async ValueTask<Outcome<bool>> RemoveAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default)
    {
        var removed = await ChangedAsync(
            "DELETE FROM fabric_notes WHERE name = $1 AND tenant = $2 AND kind = $3 AND until_ms > $4", cancellation, Uuid.Of(name), tenant, kind, Now.UnixMs).ConfigureAwait(false);
        return removed.IsOk ? removed.Value == 1 : removed.Rejection;
    }

    private static Rejection Full(Note note) => new(Codes.LimitReached, note.Owner, "too many of these are held at once: wait for some to end");

    private static object?[] Values(Note note) =>
        [Uuid.Of(note.Name), note.Tenant, note.Kind, note.Owner, (object?)note.Subject ?? DBNull.Value, note.Until.UnixMs, note.Body.ToArray(), note.Version];

    private async ValueTask<Outcome<long>> CountAsync(string kind, Instant now, CancellationToken cancellation)
    {
        if (_counts.TryGetValue(kind, out var known) && now - known.At < CountsKept)
        {
            return known.Count;
        }

        try
        {
            await using var command = database.CreateCommand("SELECT count(*) FROM fabric_notes WHERE kind = $1");
            LogTables.Add(command.Parameters, kind);
            var count = (long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
            _counts[kind] = (count, now);
            return count;
        }
        catch (NpgsqlException)
        {
            return Unavailable;
        }
    }

    private async ValueTask<Outcome<int>> ChangedAsync(string sql, CancellationToken cancellation, params object?[] values)
    {
        try
        {
#pragma warning disable CA2100 // the texts are this class's own
            await using var command = database.CreateCommand(sql);
#pragma warning restore CA2100
            LogTables.Add(command.Parameters, values);
            return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
        catch (NpgsqlException)
        {
            return Unavailable;
        }
    }

    private async ValueTask<Outcome<List<Note>>> RowsAsync(string sql, CancellationToken cancellation, params object?[] values)
    {
        try
        {
#pragma warning disable CA2100 // the texts are this class's own
            await using var command = database.CreateCommand(sql);
#pragma warning restore CA2100
            LogTables.Add(command.Parameters, values);
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            var notes = new List<Note>();
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                notes.Add(new Note(
                    reader.GetString(1), reader.GetString(2), Uuid.Read(reader.GetGuid(0)), reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetString(4),
                    new Instant(reader.GetInt64(5)), reader.GetFieldValue<byte[]>(6), reader.GetInt64(7)));
            }

            return notes;
        }
        catch (NpgsqlException)
        {
            return Unavailable;
        }
    }
}
