namespace Fabric.Embedded.Engine;

/// <summary>
/// The newest changes in order, for the change stream. Bounded: an older cursor is answered with a gap (R3), and a subscriber that waits
/// costs nothing until something happens.
/// </summary>
internal sealed class ChangeLog
{
    /// <summary>Transactions kept at the most.</summary>
    internal const int Retention = 131_072;

    private readonly Lock _gate = new();
    private readonly Transaction?[] _ring = new Transaction?[Retention];
    private ulong _first = 1;
    private ulong _next = 1;
    private TaskCompletionSource? _waiting;

    /// <summary>The sequence of the newest change; 0: none yet.</summary>
    internal ulong Head
    {
        get
        {
            lock (_gate)
            {
                return _next - 1;
            }
        }
    }

    /// <summary>The oldest cursor that can be resumed at.</summary>
    internal ulong Oldest
    {
        get
        {
            lock (_gate)
            {
                return _first - 1;
            }
        }
    }

    /// <summary>Starts after a sequence: nothing older is retained.</summary>
    internal void StartAfter(ulong sequence)
    {
        lock (_gate)
        {
            (_first, _next) = (sequence + 1, sequence + 1);
        }
    }

    internal void Append(ulong sequence, Transaction transaction)
    {
        TaskCompletionSource? wake;
        lock (_gate)
        {
            if (sequence != _next)
            {
                (_first, _next) = (sequence, sequence);
            }

            _ring[sequence % Retention] = transaction;
            _next = sequence + 1;
            if (_next - _first > Retention)
            {
                _first = _next - Retention;
            }

            (wake, _waiting) = (_waiting, null);
        }

        wake?.SetResult();
    }

    /// <summary>Copies what follows <paramref name="after"/>; false: it is not retained any more.</summary>
    internal bool TryRead(ulong after, int most, List<(ulong Sequence, Transaction Transaction)> destination)
    {
        lock (_gate)
        {
            if (after + 1 < _first || after >= _next)
            {
                return after + 1 == _next || after == _next - 1;
            }

            for (var at = after + 1; at < _next && destination.Count < most; at++)
            {
                destination.Add((at, _ring[at % Retention]!));
            }

            return true;
        }
    }

    /// <summary>Completes when something follows <paramref name="after"/>.</summary>
    internal Task WaitAsync(ulong after, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_next - 1 > after)
            {
                return Task.CompletedTask;
            }

            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task.WaitAsync(cancellation);
        }
    }
}
