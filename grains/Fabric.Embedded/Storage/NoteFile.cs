using System.Buffers.Binary;
using Fabric.Core.Common;
using Fabric.Embedded.Storage.Sqlite;
using Fabric.Engine.Notes;

namespace Fabric.Embedded.Storage;

/// <summary>
/// Notes in a file of their own beside the journal, each change one synced transaction. Calls may come from any thread. What has expired is dropped by what is added: a full file makes
/// room for itself.
/// </summary>
internal sealed class NoteFile : INoteStore, IDisposable
{
    private const ulong FormatVersion = 1;
    private const int SweptAtOnce = 64;
    private const string Columns = "name, tenant, kind, owner, subject, until, body, version";

    private static readonly Rejection Unavailable = new(Codes.StorageUnavailable, "notes", "storage takes no writes now");

    private readonly Lock _gate = new();
    private readonly SqliteFile _file;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _list;
    private readonly SqliteStatement _held;
    private readonly SqliteStatement _add;
    private readonly SqliteStatement _replace;
    private readonly SqliteStatement _remove;
    private readonly SqliteStatement _sweep;
    private bool _disposed;

    private NoteFile(SqliteFile file, TimeProvider time)
    {
        (_file, _time) = (file, time);
        _find = file.Prepare($"SELECT {Columns} FROM note WHERE name = ?1");
        _list = file.Prepare($"SELECT {Columns} FROM note WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND until > ?4 ORDER BY until LIMIT ?5");
        _held = file.Prepare("SELECT count(*) FROM note WHERE kind = ?1 AND tenant = ?2 AND owner = ?3 AND until > ?4");
        _add = file.Prepare($"INSERT INTO note({Columns}) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _replace = file.Prepare(
            "UPDATE note SET owner = ?4, subject = ?5, until = ?6, body = ?7, version = ?8 + 1 WHERE name = ?1 AND tenant = ?2 AND kind = ?3 AND version = ?8 AND until > ?9 RETURNING 1");
        _remove = file.Prepare("DELETE FROM note WHERE name = ?1 RETURNING kind");
        _sweep = file.Prepare($"DELETE FROM note WHERE name IN (SELECT name FROM note WHERE until <= ?1 ORDER BY until LIMIT {SweptAtOnce}) RETURNING kind");
        using var counts = file.Prepare("SELECT kind, count(*) FROM note GROUP BY kind");
        while (counts.Step())
        {
            _counts[counts.Text(0)!] = (int)counts.Long(1);
        }
    }

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>Opens or creates the folder's notes. Throws <see cref="FabricStartException"/>.</summary>
    public static NoteFile Open(DataFolder folder, UInt128 fabricId, TimeProvider time)
    {
        SqliteFile? file = null;
        try
        {
            file = SqliteFile.Open(folder.NotesFile);
            StoreFile.Configure(file, cacheKib: 4 * 1024);
            StoreFile.Prepare(
                file, FormatVersion, fabricId,
                """
                CREATE TABLE note(name BLOB PRIMARY KEY, tenant TEXT NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL, subject TEXT, until INTEGER NOT NULL, body BLOB NOT NULL,
                    version INTEGER NOT NULL) WITHOUT ROWID
                """,
                "CREATE INDEX note_by_owner ON note(kind, tenant, owner, until)",
                "CREATE INDEX note_by_subject ON note(tenant, kind, subject, until) WHERE subject IS NOT NULL",
                "CREATE INDEX note_by_end ON note(until)");
            return new NoteFile(file, time);
        }
        catch (StorageException e)
        {
            file?.Abandon();
            throw StoreFile.Unavailable(folder.NotesFile, e);
        }
        catch (FabricStartException)
        {
            file?.Abandon();
            throw;
        }
    }

    public ValueTask<Outcome<Note?>> FindAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default) => new(Try(() =>
    {
        Bind(_find, name);
        return Outcome<Note?>.Of(_find.Step() && Read(_find) is var note && note.Tenant == tenant && note.Kind == kind && note.Until > Now ? note : null);
    }, _find));

    public ValueTask<Outcome<IReadOnlyList<Note>>> ListAsync(string tenant, string kind, string subject, int most, CancellationToken cancellation = default) => new(Try(() =>
    {
        _list.Bind(1, tenant);
        _list.Bind(2, kind);
        _list.Bind(3, subject);
        _list.Bind(4, Now.UnixMs);
        _list.Bind(5, most);
        var notes = new List<Note>();
        while (_list.Step())
        {
            notes.Add(Read(_list));
        }

        return Outcome<IReadOnlyList<Note>>.Of(notes);
    }, _list));

    public ValueTask<Rejection?> AddAsync(Note note, NoteLimits limits, CancellationToken cancellation = default) => new(Try(() => Changed(() =>
    {
        var now = Now;
        Sweep(now);
        Bind(_find, note.Name);
        var known = _find.Step() ? Read(_find) : null;
        _find.Reset();
        if (known is not null && known.Until > now)
        {
            return new Rejection(Codes.AlreadyExists, note.Kind, "there is one of this name");
        }

        if (known is not null)
        {
            Remove(note.Name);
        }

        if (_counts.GetValueOrDefault(note.Kind) >= limits.AllMax || HeldBy(note, now) >= limits.OwnerMax)
        {
            return new Rejection(Codes.LimitReached, note.Owner, "too many of these are held at once: wait for some to end");
        }

        Write(_add, note);
        _add.Execute();
        _counts[note.Kind] = _counts.GetValueOrDefault(note.Kind) + 1;
        return true;
    }), _find, _held, _add).Rejection);

    public ValueTask<Outcome<Note?>> ReplaceAsync(Note note, CancellationToken cancellation = default) => new(Try(() =>
    {
        Write(_replace, note);
        _replace.Bind(9, Now.UnixMs);
        return Outcome<Note?>.Of(_replace.Step() && !_replace.Step() ? note with { Version = note.Version + 1 } : null);
    }, _replace));

    public ValueTask<Outcome<bool>> RemoveAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default) => new(Try(() => Changed(() =>
    {
        Bind(_find, name);
        var isThere = _find.Step() && Read(_find) is var note && note.Tenant == tenant && note.Kind == kind && note.Until > Now;
        _find.Reset();
        return isThere && Remove(name);
    }), _find, _remove));

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _file.Dispose();
        }
    }

    // What SQLite refuses is not stored, and the statements are ready for the next use.
    private Outcome<T> Try<T>(Func<Outcome<T>> call, params ReadOnlySpan<SqliteStatement> statements)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return Unavailable;
            }

            try
            {
                return call();
            }
            catch (StorageException)
            {
                return Unavailable;
            }
            finally
            {
                foreach (var statement in statements)
                {
                    statement.Reset();
                }
            }
        }
    }

    private Outcome<bool> Changed(Func<Outcome<bool>> change)
    {
        _file.Run("BEGIN IMMEDIATE");
        var before = new Dictionary<string, int>(_counts, StringComparer.Ordinal);
        try
        {
            var outcome = change();
            _file.Run("COMMIT");
            return outcome;
        }
        catch
        {
            RollBack(before);
            throw;
        }
    }

    private void RollBack(Dictionary<string, int> before)
    {
        _counts.Clear();
        foreach (var (kind, count) in before)
        {
            _counts[kind] = count;
        }

        foreach (var statement in (ReadOnlySpan<SqliteStatement>)[_find, _held, _add, _remove, _sweep])
        {
            statement.Reset();
        }

        try
        {
            _file.Run("ROLLBACK");
        }
        catch (StorageException)
        {
            // Some errors have rolled back already.
        }
    }

    private void Sweep(Instant now)
    {
        _sweep.Bind(1, now.UnixMs);
        while (_sweep.Step())
        {
            _counts[_sweep.Text(0)!]--;
        }

        _sweep.Reset();
    }

    private bool Remove(UInt128 name)
    {
        Bind(_remove, name);
        var isGone = false;
        while (_remove.Step())
        {
            _counts[_remove.Text(0)!]--;
            isGone = true;
        }

        _remove.Reset();
        return isGone;
    }

    private long HeldBy(Note note, Instant now)
    {
        _held.Bind(1, note.Kind);
        _held.Bind(2, note.Tenant);
        _held.Bind(3, note.Owner);
        _held.Bind(4, now.UnixMs);
        var held = _held.Step() ? _held.Long(0) : 0;
        _held.Reset();
        return held;
    }

    private static void Bind(SqliteStatement statement, UInt128 name)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, name);
        statement.Bind(1, bytes);
    }

    private static void Write(SqliteStatement statement, Note note)
    {
        Bind(statement, note.Name);
        statement.Bind(2, note.Tenant);
        statement.Bind(3, note.Kind);
        statement.Bind(4, note.Owner);
        statement.Bind(5, note.Subject);
        statement.Bind(6, note.Until.UnixMs);
        statement.Bind(7, note.Body.Span);
        statement.Bind(8, note.Version);
    }

    private static Note Read(SqliteStatement row) => new(
        row.Text(1)!, row.Text(2)!, BinaryPrimitives.ReadUInt128BigEndian(row.Blob(0)), row.Text(3)!, row.Text(4), new Instant(row.Long(5)), row.Blob(6).ToArray(), row.Long(7));
}
