using System.Globalization;

namespace Fabric.Embedded.Storage;

/// <summary>
/// The folder that holds everything of one fabric, held exclusively by this process until disposed.
/// Mode 0700 where the folder is ours to change.
/// </summary>
public sealed class DataFolder : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _lock;

    private DataFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    /// <summary>The full path of the folder.</summary>
    public string Path { get; }

    /// <summary>The journal: what is acknowledged is in here first.</summary>
    public string JournalFile => In("journal.db");

    /// <summary>The last committed position of the journal, written beside it so that a lost tail shows.</summary>
    public string JournalHeadFile => In("journal.head");

    /// <summary>The checkpointed state.</summary>
    public string StateFile => In("state.db");

    /// <summary>The audit records and the credential inventory.</summary>
    public string AuditFile => In("audit.db");

    /// <summary>What is remembered for a while: codes, logins, families of refresh tokens.</summary>
    public string NotesFile => In("notes.db");

    /// <summary>The master key, mode 0600.</summary>
    public string MasterKeyFile => In("master.key");

    /// <summary>
    /// Opens or creates the folder and takes its lock. Throws <see cref="FabricStartException"/> with
    /// <see cref="StartCodes.FolderInUse"/> or <see cref="StartCodes.FolderNotWritable"/>.
    /// </summary>
    public static DataFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        Create(path);
        var @lock = TakeLock(path);
        try
        {
            Probe(path);
            WriteAtOnce(System.IO.Path.Combine(path, "fabric.pid"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new DataFolder(path, @lock);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            @lock.Dispose();
            throw NotWritable(path, e);
        }
    }

    /// <summary>Lets the folder go. The lock also goes with the process, however it ends.</summary>
    public void Dispose() => _lock.Dispose();

    private string In(string name) => System.IO.Path.Combine(Path, name);

    private static void Create(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
                return;
            }

            Directory.CreateDirectory(path, Private);
            Tighten(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e);
        }
    }

    private static void Tighten(string path)
    {
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & ~Private) == UnixFileMode.None)
        {
            return;
        }

        try
        {
            File.SetUnixFileMode(path, Private);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A mounted volume may belong to another user. Every file in it is made with mode 0600, so the folder's own mode is a second fence.
        }
    }

    private static FileStream TakeLock(string path)
    {
        var file = System.IO.Path.Combine(path, "fabric.lock");
        try
        {
            // FileShare.None is an exclusive flock on Unix: it ends with the process, so a stale file never blocks a start.
            return new FileStream(file, PrivateFile(FileMode.OpenOrCreate));
        }
        catch (UnauthorizedAccessException e)
        {
            throw NotWritable(path, e);
        }
        catch (IOException e) when (IsHeldByAnother(file))
        {
            throw new FabricStartException(StartCodes.FolderInUse,
                $"the data folder `{path}` is in use by process {Holder(path)}; stop that process or choose another folder", e);
        }
        catch (IOException e)
        {
            throw NotWritable(path, e);
        }
    }

    /// <summary>Whether opening for reading is refused too: then it is the lock, and not a file system that takes no writes.</summary>
    private static bool IsHeldByAnother(string file)
    {
        try
        {
            using var reader = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return false;
        }
        catch (IOException) when (File.Exists(file))
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(System.IO.Path.Combine(path, "fabric.pid")).Trim() is { Length: > 0 } pid ? pid : "unknown";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }

    /// <summary>New files must be possible, not only writes to old ones: SQLite makes a WAL beside each database.</summary>
    private static void Probe(string path)
    {
        var probe = System.IO.Path.Combine(path, $".probe-{Environment.ProcessId}");
        new FileStream(probe, PrivateFile(FileMode.Create)).Dispose();
        File.Delete(probe);
    }

    private static void WriteAtOnce(string file, string text)
    {
        using var stream = new FileStream(file, PrivateFile(FileMode.Create));
        stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
    }

    private static FileStreamOptions PrivateFile(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static FabricStartException NotWritable(string path, Exception inner) => new(StartCodes.FolderNotWritable,
        $"the data folder `{path}` cannot be created or written ({inner.Message.TrimEnd('.')}); "
        + "mount it read-write, give this user the right to write, or choose another folder", inner);
}
