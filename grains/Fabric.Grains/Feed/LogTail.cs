using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>The newest rows of the order in memory, for relays that follow closely. Single-threaded, like its grain.</summary>
internal sealed class LogTail
{
    // A relay that is further behind reads the database (B1).
    private const int RowsMax = 4_096;
    private const long BytesMax = 16 << 20;

    private readonly Queue<LogRow> _rows = new();
    private long _bytes;
    private long _startsAfter;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void StartAfter(long sequence) => _startsAfter = sequence;

    internal void Append(IReadOnlyList<LogRow> rows, long after, long head)
    {
        foreach (var row in rows)
        {
            _rows.Enqueue(row);
            _bytes += SizeOf(row);
        }

        while (_rows.Count > RowsMax || _bytes > BytesMax)
        {
            var oldest = _rows.Dequeue();
            (_startsAfter, _bytes) = (oldest.Sequence, _bytes - SizeOf(oldest));
        }

        if (head > after)
        {
            Wake();
        }
    }

    /// <summary>What follows a sequence; null: it is not all in memory.</summary>
    internal LogRow[]? TryRead(long after) => after < _startsAfter ? null : [.. _rows.Where(row => row.Sequence > after)];

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
