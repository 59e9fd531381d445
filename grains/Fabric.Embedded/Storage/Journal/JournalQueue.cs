namespace Fabric.Embedded.Storage;

/// <summary>
/// What waits for its commit, in order. Appends fill the open batch, the last of the queue; the committer takes the first, which stays
/// in the queue until it is on disk. One lock, held for a copy of the record and no longer.
/// </summary>
internal sealed class JournalQueue
{
    private const int SpareBatches = 4;
    private const int SpareBytesMax = 2 << 20;

    private static readonly Task<bool> NotDurable = Task.FromResult(false);

    private readonly object _gate = new();
    private readonly JournalOptions _options;
    private readonly Queue<JournalBatch> _batches = new();
    private readonly Stack<JournalBatch> _spare = new();
    private readonly CommitCompany _company = new();
    private JournalBatch? _open;
    private ulong _next;
    private int _records;
    private long _bytes;
    private bool _idle;
    private bool _lingering;
    private bool _failing;
    private bool _stopping;
    private bool _upkeep;

    public JournalQueue(JournalOptions options) => _options = options;

    public ulong Head
    {
        get
        {
            lock (_gate)
            {
                return _next - 1;
            }
        }
    }

    public (int Records, long Bytes) Backlog
    {
        get
        {
            lock (_gate)
            {
                return (_records, _bytes);
            }
        }
    }

    public bool IsStopping
    {
        get
        {
            lock (_gate)
            {
                return _stopping;
            }
        }
    }

    public void StartAt(ulong next) => _next = next;

    public bool TryAppend(ReadOnlySpan<byte> record, bool reserved, out JournalTicket ticket)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(record.Length, JournalOptions.MaxRecordBytes, nameof(record));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, typeof(Journal));
            if (_next == 0)
            {
                throw new InvalidOperationException("the journal is not started");
            }

            if (!HasRoom_NeedsLock(record.Length, reserved))
            {
                ticket = default;
                return false;
            }

            var batch = _open is { } open && open.Bytes < _options.MaxBatchBytes ? open : Open_NeedsLock();
            var before = batch.Bytes;
            batch.Add(record);
            _next++;
            _records++;
            _bytes += batch.Bytes - before;

            // While the storage fails nobody waits for it: the record is queued and its ticket says at once that it is not durable.
            ticket = new JournalTicket(batch.Last, _failing ? NotDurable : batch.Completion.Task);
            batch.IsUrgent |= reserved;
            if (_idle || (_lingering && IsDue_NeedsLock()))
            {
                _idle = false;
                Monitor.Pulse(_gate);
            }

            return true;
        }
    }

    /// <summary>The committer waits here for work. A null batch without stop means upkeep.</summary>
    public JournalBatch? Take(out bool stop)
    {
        lock (_gate)
        {
            while (_batches.Count == 0 && !_stopping && !_upkeep)
            {
                _idle = true;
                Monitor.Wait(_gate);
            }

            _idle = false;
            _upkeep = false;
            Linger_NeedsLock();
            if (_batches.TryPeek(out var batch))
            {
                Close_NeedsLock(batch);
                stop = false;
                return batch;
            }

            stop = _stopping;
            return null;
        }
    }

    /// <summary>The first batch is on disk. True when this ended a failure.</summary>
    public bool Done(JournalBatch batch)
    {
        bool recovered;
        lock (_gate)
        {
            _batches.Dequeue();
            _records -= batch.Records;
            _bytes -= batch.Bytes - JournalBatch.HeaderSize;
            recovered = _failing;
            _failing = false;
            if (recovered)
            {
                // Its completion said "not durable" already; what comes now gets one that can still say yes.
                _open = null;
            }
        }

        batch.Completion.TrySetResult(true);
        return recovered;
    }

    /// <summary>Gives a committed batch back for reuse, once nobody can see its bytes.</summary>
    public void Recycle(JournalBatch batch)
    {
        lock (_gate)
        {
            if (_spare.Count < SpareBatches && batch.Bytes <= SpareBytesMax)
            {
                _spare.Push(batch);
            }
        }
    }

    /// <summary>The first batch did not reach the disk. All stays queued; all that wait are told so.</summary>
    public void Failed()
    {
        lock (_gate)
        {
            _failing = true;
            foreach (var batch in _batches)
            {
                batch.Completion.TrySetResult(false);
            }
        }
    }

    /// <summary>Waits for the end of the pause or the stop.</summary>
    public void Pause(TimeProvider time, TimeSpan pause)
    {
        lock (_gate)
        {
            TimedWait.Wait_NeedsLock(_gate, time, pause, () => _stopping);
        }
    }

    public void WakeForUpkeep()
    {
        lock (_gate)
        {
            _upkeep = true;
            Monitor.PulseAll(_gate);
        }
    }

    public void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }
    }

    // A commit costs the same for one record as for sixty: where many callers are at work, the first waits a moment for the others. A revocation waits for
    // nobody, and what is alone is not kept waiting for company that never came.
    private void Linger_NeedsLock()
    {
        if (_records > 0 && !IsDue_NeedsLock())
        {
            _lingering = true;
            Monitor.Wait(_gate, CommitCompany.WaitMsMax);
            _lingering = false;
        }

        if (_batches.TryPeek(out var batch))
        {
            _company.Left(batch.Records);
        }
    }

    private bool IsDue_NeedsLock() =>
        _failing || _stopping || _upkeep || _batches.Count > 1 || (_batches.TryPeek(out var batch) && (batch.IsUrgent || batch.Records >= _company.Expected));

    private bool HasRoom_NeedsLock(int bytes, bool reserved)
    {
        var share = reserved ? 1.0 : 1.0 - _options.ReservedShare;
        return _records < _options.MaxBacklogRecords * share && _bytes + bytes <= _options.MaxBacklogBytes * share;
    }

    private JournalBatch Open_NeedsLock()
    {
        if (!_spare.TryPop(out var batch))
        {
            batch = new JournalBatch();
        }

        batch.Begin(_next);
        _batches.Enqueue(batch);
        _open = batch;
        return batch;
    }

    private void Close_NeedsLock(JournalBatch batch)
    {
        if (ReferenceEquals(_open, batch))
        {
            _open = null;
        }
    }
}
