namespace Fabric.Silo.Outbound;

/// <summary>
/// What somebody else publishes at an address, fetched once however many ask and kept for a while; what could not be had is not asked for again at once. At most <paramref name="most"/> are kept (B1);
/// those that were not asked for the longest give way. <paramref name="fetch"/>: what there is and how long it is kept; null: it cannot be had.
/// </summary>
internal sealed class FetchedOnce<T>(int most, TimeSpan retry, TimeProvider time, Func<string, Task<(T? Value, TimeSpan Fresh)>> fetch)
    where T : class
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _turn;

    /// <summary>What there is at an address; null: it cannot be had now.</summary>
    public async ValueTask<T?> OfAsync(string address, CancellationToken cancellation)
    {
        Entry entry;
        lock (_entries)
        {
            if (!_entries.TryGetValue(address, out entry!) || (entry.Fetch.IsCompleted && time.GetUtcNow() >= entry.Until))
            {
                if (_entries.Count >= most && !_entries.ContainsKey(address))
                {
                    _entries.Remove(_entries.MinBy(each => each.Value.Turn).Key);
                }
                _entries[address] = entry = new Entry();
                var made = entry;
                made.Fetch = Task.Run(() => FetchAsync(address, made), CancellationToken.None);
            }
            entry.Turn = ++_turn;
        }
        return await entry.Fetch.WaitAsync(cancellation);
    }

    private async Task<T?> FetchAsync(string address, Entry entry)
    {
        var (value, fresh) = (default(T), retry);
        try
        {
            (value, fresh) = await fetch(address);
        }
        finally
        {
            entry.Until = time.GetUtcNow() + (value is null ? retry : fresh);
        }
        return value;
    }

    private sealed class Entry
    {
        public Task<T?> Fetch { get; set; } = null!;

        public DateTimeOffset Until { get; set; }

        public long Turn { get; set; }
    }
}
