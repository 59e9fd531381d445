namespace Fabric.Embedded.Engine;

/// <summary>
/// The newest changes in order, for the change stream. Kept as the journal's bytes and read anew by who asks: as objects they would take several times the
/// memory. Bounded: an older cursor is answered with a gap (R3), and a subscriber that waits costs nothing until something happens.
/// </summary>
internal sealed class ChangeLog
{
    /// <summary>Transactions kept at the most.</summary>
    internal const int Retention = 131_072;

    /// <summary>Bytes of them kept at the most; a single larger transaction is kept alone.</summary>
    internal const long RetentionBytes = 32 << 20;

    private readonly Lock _gate = new();
    private readonly byte[]?[] _ring = new byte[]?[Retention];
    private long _bytes;
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

    /// <summary>Adds a transaction as it stands in the journal; the bytes are not changed afterwards.</summary>
    internal void Append(ulong sequence, byte[] record)
    {
        TaskCompletionSource? wake;
        lock (_gate)
        {
            var follows = sequence == _next;
            while (_first < _next && (!follows || _next - _first >= Retention || _bytes + record.Length > RetentionBytes))
            {
                DropOldest();
            }

            if (!follows)
            {
                _first = sequence;
            }

            _ring[sequence % Retention] = record;
            _bytes += record.Length;
            _next = sequence + 1;
            (wake, _waiting) = (_waiting, null);
        }

        wake?.SetResult();
    }

    /// <summary>Reads what follows <paramref name="after"/>; false: it is not retained any more.</summary>
    internal bool TryRead(ulong after, int most, List<(ulong Sequence, Transaction Transaction)> destination)
    {
        byte[][] records;
        lock (_gate)
        {
            if (after + 1 < _first || after >= _next)
            {
                return after + 1 == _next || after == _next - 1;
            }

            records = new byte[Math.Min((int)(_next - after - 1), most)][];
            for (var i = 0; i < records.Length; i++)
            {
                records[i] = _ring[(after + 1 + (ulong)i) % Retention]!;
            }
        }

        for (var i = 0; i < records.Length; i++)
        {
            destination.Add((after + 1 + (ulong)i, Transaction.Read(records[i])));
        }

        return true;
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

    private void DropOldest()
    {
        ref var oldest = ref _ring[_first++ % Retention];
        _bytes -= oldest!.Length;
        oldest = null;
    }
}
