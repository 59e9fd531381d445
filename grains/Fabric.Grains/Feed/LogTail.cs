using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>The newest rows of the order in memory, for relays that follow closely. Single-threaded, like its grain.</summary>
internal sealed class LogTail
{
    // A relay that is further behind reads the database (B1).
    private const int RowsMax = 4_096;
    private const long BytesMax = 16 << 20;

    // In order; those before _first are no more. A look-up must not walk all: every relay makes one for every commit.
    private readonly List<LogRow?> _rows = [];
    private int _first;
    private long _bytes;
    private long _startsAfter;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void StartAfter(long sequence) => _startsAfter = sequence;

    internal void Append(IReadOnlyList<LogRow> rows, long after, long head)
    {
        foreach (var row in rows)
        {
            _rows.Add(row);
            _bytes += SizeOf(row);
        }

        for (; _rows.Count - _first > RowsMax || _bytes > BytesMax; _first++)
        {
            var oldest = _rows[_first]!;
            (_startsAfter, _bytes, _rows[_first]) = (oldest.Sequence, _bytes - SizeOf(oldest), null);
        }

        if (_first > RowsMax)
        {
            _rows.RemoveRange(0, _first);
            _first = 0;
        }

        if (head > after)
        {
            Wake();
        }
    }

    /// <summary>What follows a sequence; null: it is not all in memory.</summary>
    internal LogRow[]? TryRead(long after)
    {
        if (after < _startsAfter)
        {
            return null;
        }

        // Most relays are one commit behind: from the end.
        var from = _rows.Count;
        while (from > _first && _rows[from - 1]!.Sequence > after)
        {
            from--;
        }

        var rows = new LogRow[_rows.Count - from];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = _rows[from + i]!;
        }

        return rows;
    }

    /// <summary>Completes with the next append, or after the time.</summary>
    internal async Task WaitAsync(TimeSpan most)
    {
        try
        {
            await _more.Task.WaitAsync(most);
        }
        catch (TimeoutException)
        {
            // There was nothing.
        }
    }

    private static long SizeOf(LogRow row) => row.Ops.Length + row.Directory.Sum(one => (long)one.Event.Length);

    internal void Wake()
    {
        var more = _more;
        _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        more.TrySetResult();
    }
}
