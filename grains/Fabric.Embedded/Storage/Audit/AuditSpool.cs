namespace Fabric.Embedded.Storage.Audit;

/// <summary>What waits for its commit, in order, bounded. The writer takes the first batch, which stays in the spool until it is on disk.</summary>
internal sealed class AuditSpool
{
    private readonly object _gate = new();
    private readonly AuditStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly AuditProgress _progress;
    private readonly Queue<AuditBatch> _batches = new();
    private readonly Queue<AuditTrim> _trims = new();
    private readonly List<(long Added, TaskCompletionSource<bool> Committed)> _flushes = [];
    private AuditBatch? _open;
    private long _added;
    private long _committed;
    private long _bytes;
    private long _lastSequence;
    private bool _isTaking = true;
    private bool _failing;
    private bool _stopping;

    public AuditSpool(AuditStoreOptions options, TimeProvider time, long through)
    {
        _options = options;
        _time = time;
        _progress = new AuditProgress(through);
        _lastSequence = through;
    }

    /// <summary>Takes writes and is not nearly full. Read without the lock: it is asked for at each issuance.</summary>
    public bool IsTaking => Volatile.Read(ref _isTaking);

    /// <summary>All records of the journal up to here are committed.</summary>
    public long LastSequence => Volatile.Read(ref _lastSequence);

    public long MissingFrom => Locked(() => _progress.MissingFrom);

    public (long Records, long Bytes) Waiting => Locked(() => (_added - _committed, _bytes));

    public bool IsStopping => Locked(() => _stopping);

    public bool TryAdd(AuditRecord record)
    {
        var bytes = record.Bytes;
        lock (_gate)
        {
            var fits = !_stopping && _added - _committed < _options.MaxSpoolRecords && _bytes + bytes <= _options.MaxSpoolBytes;
            if (record.Sequence > 0 && !fits)
            {
                _progress.Refused(record.Sequence);
            }

            if (!fits)
            {
                return false;
            }

            if (record.Sequence > 0)
            {
                _progress.Took(record.Sequence);
            }

            Append_NeedsLock(record, bytes);
            return true;
        }
    }

    public void Complete(long sequence)
    {
        lock (_gate)
        {
            _progress.Complete(sequence);
            Settle_NeedsLock();
        }
    }

    public void FedAgain(long through)
    {
        lock (_gate)
        {
            _progress.FedAgain(through);
            Settle_NeedsLock();
        }
    }

    /// <summary>True once everything added so far is committed; false when the storage does not take it now.</summary>
    public Task<bool> FlushAsync()
    {
        lock (_gate)
        {
            if (_committed == _added || _failing || _stopping)
            {
                return Task.FromResult(_committed == _added);
            }

            var flush = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _flushes.Add((_added, flush));
            Monitor.PulseAll(_gate);
            return flush.Task;
        }
    }

    public void Add(AuditTrim trim)
    {
        lock (_gate)
        {
            if (_stopping || _failing)
            {
                trim.Finish();
                return;
            }

            _trims.Enqueue(trim);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The writer waits here for work. No batch and no stop means that there is something to trim.</summary>
    public AuditBatch? Take(out bool stop)
    {
        lock (_gate)
        {
            while (_batches.Count == 0 && _trims.Count == 0 && !_stopping)
            {
                Monitor.Wait(_gate);
            }

            if (_trims.Count == 0)
            {
                Linger_NeedsLock();
            }

            stop = _stopping && _batches.Count == 0;
            if (!_batches.TryPeek(out var batch))
            {
                return null;
            }

            if (ReferenceEquals(_open, batch))
            {
                _open = null;
            }

            batch.Through = Through_NeedsLock(batch);
            return batch;
        }
    }

    public AuditTrim? PeekTrim()
    {
        lock (_gate)
        {
            return _trims.TryPeek(out var trim) ? trim : null;
        }
    }

    public void Finish(AuditTrim trim)
    {
        lock (_gate)
        {
            _trims.Dequeue();
        }

        trim.Finish();
    }

    /// <summary>The first batch is committed.</summary>
    public void Done(AuditBatch batch)
    {
        lock (_gate)
        {
            _batches.Dequeue();
            _committed += batch.Records.Count;
            _bytes -= batch.Bytes;
            _failing = false;
            Volatile.Write(ref _lastSequence, Math.Max(_lastSequence, batch.Through));
            Settle_NeedsLock();
            Judge_NeedsLock();
            for (var i = _flushes.Count - 1; i >= 0; i--)
            {
                if (_flushes[i].Added <= _committed)
                {
                    _flushes[i].Committed.SetResult(true);
                    _flushes.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>The first batch was not committed. It stays, and who waits is told.</summary>
    public void Failed()
    {
        lock (_gate)
        {
            _failing = true;
            Judge_NeedsLock();
            Release_NeedsLock();
        }
    }

    /// <summary>Waits for the span to pass, or for the stop.</summary>
    public void Pause(TimeSpan span)
    {
        lock (_gate)
        {
            TimedWait.Wait_NeedsLock(_gate, _time, span, () => _stopping);
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

    /// <summary>The writer has ended: nobody waits any longer.</summary>
    public void Close()
    {
        lock (_gate)
        {
            Release_NeedsLock();
        }
    }

    private void Append_NeedsLock(AuditRecord record, long bytes)
    {
        if (_open is null || _open.IsFull)
        {
            _open = new AuditBatch();
            _batches.Enqueue(_open);
        }

        _open.Add(record, bytes);
        _added++;
        _bytes += bytes;
        Judge_NeedsLock();
        if (_added - _committed == 1 || _open.IsFull)
        {
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>A commit writes whole pages, so a few records together cost as much as one: the first waits a moment for more.</summary>
    private void Linger_NeedsLock()
    {
        if (!IsUrgent_NeedsLock() && _options.Linger > TimeSpan.Zero)
        {
            TimedWait.Wait_NeedsLock(_gate, _time, _options.Linger, IsUrgent_NeedsLock);
        }
    }

    private bool IsUrgent_NeedsLock() =>
        _stopping || _failing || _flushes.Count > 0 || _trims.Count > 0 || _batches.Count > 1 || (_batches.TryPeek(out var batch) && batch.IsFull);

    /// <summary>What is still behind the batch is not committed with it, wherever in the journal it belongs.</summary>
    private long Through_NeedsLock(AuditBatch batch)
    {
        var through = _progress.Fed;
        foreach (var other in _batches)
        {
            if (!ReferenceEquals(other, batch))
            {
                through = Math.Min(through, other.LowestSequence - 1);
            }
        }

        return through;
    }

    private void Settle_NeedsLock()
    {
        if (_batches.Count == 0)
        {
            Volatile.Write(ref _lastSequence, Math.Max(_lastSequence, _progress.Fed));
        }
    }

    private void Judge_NeedsLock() => Volatile.Write(ref _isTaking, !_failing
        && _added - _committed < _options.MaxSpoolRecords * _options.StopIssuanceAt && _bytes < _options.MaxSpoolBytes * _options.StopIssuanceAt);

    private void Release_NeedsLock()
    {
        foreach (var (_, committed) in _flushes)
        {
            committed.SetResult(false);
        }

        _flushes.Clear();
        while (_trims.TryDequeue(out var trim))
        {
            trim.Finish();
        }
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }
}
