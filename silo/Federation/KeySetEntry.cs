namespace Fabric.Silo.Federation;

/// <summary>One key set that is kept. All who wait for it wait for the same fetch.</summary>
internal sealed class KeySetEntry(KeySetSource source, TimeProvider time)
{
    /// <summary>How long a set is fresh, whatever its issuer says: not shorter, so that nobody is asked at every request, and not longer, so that a key which was withdrawn is gone.</summary>
    public static readonly TimeSpan FreshMin = TimeSpan.FromMinutes(1);

    /// <inheritdoc cref="FreshMin"/>
    public static readonly TimeSpan FreshMax = TimeSpan.FromMinutes(10);

    /// <summary>How long after it was fetched a set is used while its issuer does not answer.</summary>
    public static readonly TimeSpan StaleMax = TimeSpan.FromHours(1);

    /// <summary>How long after a fetch none is made for a key that is not known: who makes names up does not make the fabric ask.</summary>
    public static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(30);

    /// <summary>How long after a fetch that failed none is made; doubled each time, up to <see cref="RetryMax"/>.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    /// <inheritdoc cref="Retry"/>
    public static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private ForeignKeySet? _keys;
    private DateTimeOffset _fetchedAt = DateTimeOffset.MinValue;
    private DateTimeOffset _freshUntil = DateTimeOffset.MinValue;
    private DateTimeOffset _notBefore = DateTimeOffset.MinValue;
    private Task? _fetch;
    private int _failures;

    /// <summary>When it was asked for, counted by its owner, under its owner's lock.</summary>
    public long Turn { get; set; }

    /// <summary>
    /// The keys; null when it cannot be told now what they are, or whether this key is one of them. <paramref name="staleMax"/>: how long after they were fetched they count while they cannot be had.
    /// </summary>
    public async ValueTask<ForeignKeySet?> GetAsync(string? kid, TimeSpan staleMax, CancellationToken cancellation)
    {
        Task fetch;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (now < _freshUntil && now >= _fetchedAt && _keys!.Has(kid))
            {
                return _keys;
            }
            if (_fetch is null && !MayAsk_NeedsLock(now))
            {
                return Known(kid, staleMax, now);
            }
            fetch = _fetch ??= Task.Run(FetchAsync, CancellationToken.None);
        }
        await fetch.WaitAsync(cancellation);
        lock (_gate)
        {
            // After a fetch that was answered the set is what it is: a key that is not in it does not exist.
            return _failures == 0 ? _keys : Known(kid, staleMax, time.GetUtcNow());
        }
    }

    /// <summary>
    /// The keys as they were fetched at <paramref name="since"/> or later, for what none of those that were known has signed: its issuer may have another one by now. Null when it cannot be told
    /// now; such a fetch is made as rarely as for a name that is not known.
    /// </summary>
    public async ValueTask<ForeignKeySet?> GetAnewAsync(DateTimeOffset since, CancellationToken cancellation)
    {
        Task fetch;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_keys is not null && _fetchedAt >= since && _fetchedAt <= now)
            {
                return _keys;
            }
            if (_fetch is null && !MayAsk_NeedsLock(now))
            {
                return null;
            }
            fetch = _fetch ??= Task.Run(FetchAsync, CancellationToken.None);
        }
        await fetch.WaitAsync(cancellation);
        lock (_gate)
        {
            return _failures == 0 ? _keys : null;
        }
    }

    /// <summary>The keys as the issuer has told them the last time that it was asked; null: it did not answer, or was not asked.</summary>
    public ForeignKeySet? Told
    {
        get
        {
            lock (_gate)
            {
                return _failures == 0 ? _keys : null;
            }
        }
    }

    // A moment further ahead than any wait is one of a clock that was set back since: what a key signs is not put off, and a key that was withdrawn not believed, until it is reached.
    private bool MayAsk_NeedsLock(DateTimeOffset now) => now >= _notBefore || _notBefore - now > RetryMax;

    private ForeignKeySet? Known(string? kid, TimeSpan staleMax, DateTimeOffset now) =>
        _keys is { } keys && now < _fetchedAt + staleMax && now >= _fetchedAt - RetryMax && keys.Has(kid) ? keys : null;

    private async Task FetchAsync()
    {
        var (fetched, maxAge) = (default(ForeignKeySet), default(TimeSpan?));
        try
        {
            (fetched, maxAge) = await source.FetchAsync(CancellationToken.None);
        }
        finally
        {
            lock (_gate)
            {
                var now = time.GetUtcNow();
                if (fetched is not null)
                {
                    var fresh = maxAge is { } said ? TimeSpan.FromTicks(Math.Clamp(said.Ticks, FreshMin.Ticks, FreshMax.Ticks)) : FreshMax;
                    (_keys, _fetchedAt, _freshUntil, _notBefore, _failures) = (fetched, now, now + fresh, now + AskAgain, 0);
                }
                else
                {
                    var wait = TimeSpan.FromTicks(Math.Min(Retry.Ticks << Math.Min(_failures, 10), RetryMax.Ticks));
                    (_notBefore, _failures) = (now + wait, _failures + 1);
                }
                _fetch = null;
            }
        }
    }
}
