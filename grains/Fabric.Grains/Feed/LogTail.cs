using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>The newest rows of the order in memory, for relays that follow closely. Single-threaded, like its grain.</summary>
internal sealed class LogTail
{
    // A relay that is further behind reads the database (B1).
    private const int RowsMax = 4_096;

    private readonly Queue<LogRow> _rows = new();
    private long _startsAfter;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void StartAfter(long sequence) => _startsAfter = sequence;

    internal void Append(IReadOnlyList<LogRow> rows, long after, long head)
    {
        foreach (var row in rows)
        {
            _rows.Enqueue(row);
        }

        while (_rows.Count > RowsMax)
        {
            _startsAfter = _rows.Dequeue().Sequence;
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

    internal void Wake()
    {
        var more = _more;
        _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        more.TrySetResult();
    }
}
