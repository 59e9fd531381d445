namespace Fabric.Embedded.Storage.Audit;

/// <summary>The thread that commits the spool, batch by batch, and trims between batches. An error keeps the batch: it is tried again.</summary>
internal sealed class AuditWriter
{
    private readonly string _path;
    private readonly AuditSpool _spool;
    private readonly AuditStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly Backoff _backoff = new();
    private readonly Thread _thread;
    private AuditFile? _file;
    private long _commits;
    private StorageHealth _health;

    public AuditWriter(AuditFile file, string path, AuditSpool spool, AuditStoreOptions options, TimeProvider time)
    {
        _file = file;
        _commits = file.Commits;
        _path = path;
        _spool = spool;
        _options = options;
        _time = time;
        _health = StorageHealth.Green(time.GetUtcNow());
        _thread = new Thread(Run) { IsBackground = true, Name = "fabric audit" };
    }

    public Action<StorageHealth>? HealthChanged { get; set; }

    public StorageHealth Health => Volatile.Read(ref _health);

    public void Start() => _thread.Start();

    /// <summary>Commits what is in the spool, if the storage takes it, and closes the file.</summary>
    public void Stop()
    {
        _spool.Stop();
        _thread.Join();
        _spool.Close();
        if (_spool.Waiting.Records > 0)
        {
            _file?.Abandon();
        }
        else
        {
            _file?.Dispose();
        }
    }

    private void Run()
    {
        while (true)
        {
            var batch = _spool.Take(out var stop);
            if (stop)
            {
                return;
            }

            if (batch is not null && !Commit(batch))
            {
                if (_spool.IsStopping)
                {
                    return;
                }

                _spool.Pause(_backoff.Next());
            }
            else
            {
                TrimSome();
            }
        }
    }

    private bool Commit(AuditBatch batch)
    {
        try
        {
            Write(batch);
        }
        catch (StorageException e)
        {
            Fail(e.Message);
            return false;
        }
        catch (FabricStartException e)
        {
            // Opened again, and it is another file than before.
            Fail(e.Message);
            return false;
        }

        _commits++;
        _backoff.Reset();

        // Before whoever waits for the batch is told: what they see then is healthy.
        Report(StorageHealth.Green(_time.GetUtcNow()));
        _spool.Done(batch);
        return true;
    }

    private void Write(AuditBatch batch)
    {
        _file ??= AuditFile.Open(_path, _options.FabricId);
        if (_file.Commits == _commits)
        {
            _file.Write(batch, _time.GetUtcNow().ToUnixTimeMilliseconds());
        }
        else if (_file.Commits != _commits + 1)
        {
            throw new StorageException(SQLitePCL.raw.SQLITE_CORRUPT, "`audit.db`: the file was changed or replaced while in use; start again");
        }

        // Else the commit that failed is in the file after all: writing it again would count usage twice.
    }

    private void TrimSome()
    {
        if (_spool.PeekTrim() is not { } trim)
        {
            return;
        }

        var more = false;
        try
        {
            _file ??= AuditFile.Open(_path, _options.FabricId);
            more = _file.Retention.Slice(trim, _time.GetUtcNow().ToUnixTimeMilliseconds());
        }
        catch (Exception e) when (e is StorageException or FabricStartException)
        {
            // Nothing is lost: the next commit opens the file again and reports what is wrong with it.
            _file?.Abandon();
            _file = null;
        }

        if (!more)
        {
            _spool.Finish(trim);
        }
    }

    private void Fail(string reason)
    {
        _file?.Abandon();
        _file = null;
        Report(StorageHealth.Red(reason, _time.GetUtcNow()));
        _spool.Failed();
    }

    private void Report(StorageHealth health)
    {
        var before = _health;
        if (before.IsHealthy != health.IsHealthy || !string.Equals(before.Reason, health.Reason, StringComparison.Ordinal))
        {
            Volatile.Write(ref _health, health);
            HealthChanged?.Invoke(health);
        }
    }
}
