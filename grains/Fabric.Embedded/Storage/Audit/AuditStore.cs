namespace Fabric.Embedded.Storage.Audit;

/// <summary>
/// The audit records and the inventory of credentials, in a file of their own: filled behind the journal by a thread of its own, so that
/// nothing waits for it, from a bounded spool, so that a full disk is seen in time. Safe for use by many threads.
/// </summary>
// INVARIANT A1: a record is taken, or refused to the caller's face; what the journal holds can be fed again, from LastSequence on.
internal sealed class AuditStore : IDisposable
{
    private readonly AuditSpool _spool;
    private readonly AuditWriter _writer;
    private readonly AuditReaders _readers;
    private readonly TimeProvider _time;
    private bool _disposed;

    private AuditStore(AuditFile file, string path, AuditStoreOptions options, TimeProvider time)
    {
        _time = time;
        _spool = new AuditSpool(options, time, file.Through);
        _writer = new AuditWriter(file, path, _spool, options, time);
        _readers = new AuditReaders(path);
    }

    /// <summary>Called when the storage begins or ceases to take writes, on the writer's thread.</summary>
    public Action<StorageHealth>? HealthChanged
    {
        get => _writer.HealthChanged;
        set => _writer.HealthChanged = value;
    }

    /// <summary>Whether new issuance can be recorded: the storage takes writes, and the spool is not nearly full.</summary>
    public bool IsTaking => _spool.IsTaking;

    /// <summary>Red while the storage does not take writes or the spool is nearly full; the reason says which.</summary>
    public StorageHealth Health => _writer.Health is { IsHealthy: true } && !_spool.IsTaking
        ? StorageHealth.Red("the audit spool is nearly full: the storage is slower than what is to be recorded", _time.GetUtcNow())
        : _writer.Health;

    /// <summary>
    /// All records of the journal up to this sequence number are committed; a start feeds what follows. The newest transaction counts once
    /// <see cref="Complete"/> or a record of a later one says that all its parts were added.
    /// </summary>
    public long LastSequence => _spool.LastSequence;

    /// <summary>The first sequence number of the journal that the full spool refused; 0: none. <see cref="LastSequence"/> stays below it until <see cref="FedAgain"/>.</summary>
    public long MissingFrom => _spool.MissingFrom;

    /// <summary>How many records, and about how many bytes, wait for their commit.</summary>
    public (long Records, long Bytes) Waiting => _spool.Waiting;

    /// <summary>
    /// Opens or makes the file and starts the writer. Throws <see cref="FabricStartException"/> with <see cref="StartCodes.AuditDamaged"/>,
    /// <see cref="StartCodes.StorageUnavailable"/>, <see cref="StartCodes.ForeignFile"/> or <see cref="StartCodes.FormatNewer"/>.
    /// </summary>
    public static AuditStore Open(string path, AuditStoreOptions options, TimeProvider time)
    {
        options.Validate();
        try
        {
            var store = new AuditStore(AuditFile.Open(path, options.FabricId), path, options, time);
            store._writer.Start();
            return store;
        }
        catch (StorageException e) when (e.IsDamage || e.PrimaryCode == SQLitePCL.raw.SQLITE_ERROR)
        {
            // SQLITE_ERROR: a table is not there.
            throw new FabricStartException(StartCodes.AuditDamaged,
                $"the audit store `{path}` is damaged ({e.Message}); restore it from a backup, or move it and its `-wal` and `-shm` files away and start "
                + "again: a new one takes over what the journal still holds, older records and the inventory of older credentials are in the moved file only", e);
        }
        catch (StorageException e)
        {
            throw new FabricStartException(StartCodes.StorageUnavailable,
                $"`{path}` cannot be opened for writing: {e.Message}; free space on the disk or correct the rights, then start again", e);
        }
    }

    /// <summary>
    /// Queues a record; false when the spool is full. Records of the journal come in its order; the same sequence and part are stored once.
    /// </summary>
    public bool TryAdd(AuditRecord record) => _spool.TryAdd(record);

    /// <summary>States that all records of a sequence number of the journal, also none, were added.</summary>
    public void Complete(long sequence) => _spool.Complete(sequence);

    /// <summary>States that everything from <see cref="MissingFrom"/> to <paramref name="through"/> was added again, and taken.</summary>
    public void FedAgain(long through) => _spool.FedAgain(through);

    /// <summary>True once everything added so far is committed; false when the storage does not take it now: it stays queued and is tried again.</summary>
    public Task<bool> FlushAsync() => _spool.FlushAsync();

    /// <summary>
    /// Deletes records, and credentials of the inventory, that are older; looks at no more than <paramref name="budget"/> records and
    /// answers how many it deleted. Commits go on meanwhile.
    /// </summary>
    public Task<int> TrimAsync(long olderThanMs, int budget)
    {
        var trim = new AuditTrim(olderThanMs, budget);
        _spool.Add(trim);
        return trim.Done;
    }

    /// <summary>The records that match, of those committed: flush first to read what was just added. Throws <see cref="StorageException"/>.</summary>
    public IReadOnlyList<(long Id, AuditRecord Record)> Query(AuditFilter filter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1, nameof(filter));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, AuditFilter.LimitMax, nameof(filter));
        return _readers.Read(reader => reader.Query(filter));
    }

    /// <summary>The session and the expiry of a committed credential, or null. Throws <see cref="StorageException"/>.</summary>
    public (UInt128 Session, long ExpiresMs)? FindCredential(UInt128 id) => _readers.Read(reader => reader.FindCredential(id));

    /// <summary>
    /// Counts committed credentials that were issued in the last 24 hours, are unexpired, belong to a session in scope and are alive; each
    /// session is asked for once in a row. Throws <see cref="StorageException"/>.
    /// </summary>
    public long CountLiveCredentials(Func<UInt128, bool> inScope, long nowMs, Func<UInt128, UInt128, bool> isAlive) =>
        _readers.Read(reader => reader.CountLiveCredentials(inScope, nowMs, isAlive));

    /// <summary>Commits what is queued, if the storage takes it, and closes the file.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _readers.Dispose();
            _writer.Stop();
        }
    }
}
