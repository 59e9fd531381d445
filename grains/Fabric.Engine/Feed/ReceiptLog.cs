namespace Fabric.Engine.Feed;

/// <summary>
/// When each of the newest mutations was accepted and confirmed, in a ring that is searched by halves. Bounded (B1): the oldest go first.
/// Needs the hub's lock.
/// </summary>
internal sealed class ReceiptLog(int max)
{
    private Entry[] _ring = new Entry[Math.Min(max, 1024)];
    private long _begin;
    private long _confirmed;
    private long _end;

    /// <summary>A mutation whose last record is at <paramref name="Revision"/>. <paramref name="ConfirmedAfter"/> is null while it is not confirmed.</summary>
    public readonly record struct Entry(ulong Revision, DateTimeOffset AcceptedAt, long AcceptedTimestamp, TimeSpan? ConfirmedAfter);

    /// <summary>Notes an acceptance; revisions grow.</summary>
    public void Accept(ulong revision, TimeProvider time)
    {
        if (_end - _begin == _ring.Length && _ring.Length < max)
        {
            Grow();
        }
        else if (_end - _begin == _ring.Length)
        {
            _begin++;
            _confirmed = Math.Max(_confirmed, _begin);
        }

        At(_end++) = new Entry(revision, time.GetUtcNow(), time.GetTimestamp(), null);
    }

    /// <summary>Notes that everything up to a revision is confirmed.</summary>
    public void Confirm(ulong through, TimeProvider time)
    {
        if (_confirmed == _end || At(_confirmed).Revision > through)
        {
            return;
        }

        var now = time.GetTimestamp();
        while (_confirmed < _end && At(_confirmed).Revision <= through)
        {
            ref var entry = ref At(_confirmed++);
            entry = entry with { ConfirmedAfter = time.GetElapsedTime(entry.AcceptedTimestamp, now) };
        }
    }

    /// <summary>The mutation that a revision belongs to; null when it is too long ago, or was never accepted here.</summary>
    public Entry? Find(ulong revision)
    {
        var (low, high) = (_begin, _end);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (At(middle).Revision < revision)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        // The oldest entry stands for everything before it as well, so it is the answer only when the revision is its own.
        return low == _end || (low == _begin && At(low).Revision != revision) ? null : At(low);
    }

    private ref Entry At(long number) => ref _ring[number % _ring.Length];

    private void Grow()
    {
        var grown = new Entry[Math.Min(max, _ring.Length * 4)];
        for (var number = _begin; number < _end; number++)
        {
            grown[number % grown.Length] = At(number);
        }

        _ring = grown;
    }
}
