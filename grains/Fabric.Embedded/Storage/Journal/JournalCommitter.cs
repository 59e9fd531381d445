namespace Fabric.Embedded.Storage;

/// <summary>
/// The thread that commits: takes the oldest batch, writes it as one row in one synced transaction, answers the waiters, and meanwhile
/// the next batch collects. Trims and moves the WAL between commits.
/// </summary>
internal sealed class JournalCommitter
{
    private const int CommitsBetweenTrims = 8;

    private readonly string _path;
    private readonly JournalQueue _queue;
    private readonly JournalHead _head;
    private readonly TimeProvider _time;
    private readonly Backoff _backoff = new();
    private readonly Thread _thread;
    private JournalFile? _file;
    private ulong _trimTo;
    private int _sinceTrim;
    private bool _trimming;
    private ulong _committed;
    private ulong _first;
    private long _commits;
    private long _records;
    private long _bytes;
    private long _lastCommitTicks;
    private StorageHealth _health;

    public JournalCommitter(JournalFile file, JournalQueue queue, JournalHead head, TimeProvider time)
    {
        _file = file;
        _path = file.Path;
        _queue = queue;
        _head = head;
        _time = time;
        _committed = file.Last;
        _first = file.AnchorSequence + 1;
        _health = StorageHealth.Green(time.GetUtcNow());
        _thread = new Thread(Run) { IsBackground = true, Name = "fabric journal" };
    }

    public Action<StorageHealth>? HealthChanged { get; init; }

    public Action<ulong>? Committed { get; init; }

    public ulong CommittedSequence => Volatile.Read(ref _committed);

    public ulong FirstSequence => Volatile.Read(ref _first);

    public StorageHealth Health => Volatile.Read(ref _health);

    public JournalStats Stats
    {
        get
        {
            var (records, bytes) = _queue.Backlog;
            return new JournalStats(Volatile.Read(ref _commits), Volatile.Read(ref _records), Volatile.Read(ref _bytes), records, bytes,
                TimeSpan.FromTicks(Volatile.Read(ref _lastCommitTicks)));
        }
    }

    public void Start() => _thread.Start();

    public void TrimTo(ulong sequence)
    {
        Volatile.Write(ref _trimTo, sequence);
        _queue.WakeForUpkeep();
    }

    /// <summary>Commits what is queued, ends the thread and returns the file, or null when the storage does not take writes.</summary>
    public JournalFile? Stop()
    {
        _queue.Stop();
        _thread.Join();
        var file = _file;
        _file = null;
        if (_queue.Backlog.Records > 0)
        {
            file?.Abandon();
            return null;
        }

        return file;
    }

    private void Run()
    {
        while (true)
        {
            var batch = _queue.Take(out var stop);
            if (stop)
            {
                return;
            }

            if (batch is not null && !CommitOrPause(batch))
            {
                if (_queue.IsStopping)
                {
                    return;
                }

                continue;
            }

            Upkeep(idle: batch is null);
        }
    }

    private bool CommitOrPause(JournalBatch batch)
    {
        var started = _time.GetTimestamp();
        try
        {
            Write(batch);
        }
        catch (StorageException e)
        {
            _file?.Abandon();
            _file = null;
            Report(StorageHealth.Red(e.Message, _time.GetUtcNow()));
            _queue.Failed();
            _queue.Pause(_time, _backoff.Next());
            return false;
        }

        // D1: from here on the batch is on disk, so it may be acknowledged. The head is written first: it shows a tail lost later.
        _head.Write(batch.Last);
        _backoff.Reset();
        Count(batch, _time.GetElapsedTime(started));
        var last = batch.Last;
        if (_queue.Done(batch))
        {
            Report(StorageHealth.Green(_time.GetUtcNow()));
        }

        _queue.Recycle(batch);
        Committed?.Invoke(last);
        return true;
    }

    private void Write(JournalBatch batch)
    {
        if (_file is not null)
        {
            _file.Insert(batch);
            return;
        }

        _file = JournalFile.Open(_path);
        _file.SeekLast();
        if (_file.Last + 1 == batch.First)
        {
            _file.Insert(batch);
        }
        else if (_file.Last == batch.Last)
        {
            // The commit that failed is in the WAL after all. A failed sync may not be trusted a second time, so the pages are
            // written once more, into the file, with a sync of their own.
            _file.CheckpointAll();
        }
        else
        {
            throw new StorageException(SQLitePCL.raw.SQLITE_CORRUPT,
                $"`journal.db`: ends at sequence {_file.Last}, but {batch.First - 1} was committed; the file was changed or replaced");
        }
    }

    private void Upkeep(bool idle)
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            if (idle || ++_sinceTrim >= CommitsBetweenTrims)
            {
                _sinceTrim = 0;
                TrimSome(_file);
            }

            _file.CheckpointIfDue(idle);
            if (_trimming || (!idle && _file.CheckpointDueWhenIdle))
            {
                _queue.WakeForUpkeep();
            }
        }
        catch (StorageException)
        {
            // Not a commit: nothing is lost. The next commit opens the file again and reports what is wrong with it.
            _file.Abandon();
            _file = null;
        }
    }

    private void TrimSome(JournalFile file)
    {
        var upTo = Math.Min(Volatile.Read(ref _trimTo), file.Last);
        _trimming = upTo > file.AnchorSequence && file.TrimChunk(upTo);
        Volatile.Write(ref _first, file.AnchorSequence + 1);
    }

    private void Count(JournalBatch batch, TimeSpan took)
    {
        Volatile.Write(ref _committed, batch.Last);
        Volatile.Write(ref _commits, _commits + 1);
        Volatile.Write(ref _records, _records + batch.Records);
        Volatile.Write(ref _bytes, _bytes + batch.Data.Length);
        Volatile.Write(ref _lastCommitTicks, took.Ticks);
    }

    private void Report(StorageHealth health)
    {
        var before = _health;
        if (before.IsHealthy == health.IsHealthy && string.Equals(before.Reason, health.Reason, StringComparison.Ordinal))
        {
            return;
        }

        Volatile.Write(ref _health, health);
        HealthChanged?.Invoke(health);
    }
}
