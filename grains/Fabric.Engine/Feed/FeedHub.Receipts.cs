using Fabric.Contracts.Revocations;
using Fabric.Core.Leases;
using WaitingEdge = Fabric.Contracts.Revocations.WaitingEdge;

namespace Fabric.Engine.Feed;

/// <summary>Receipts: which revisions are confirmed, and who is waited for.</summary>
public sealed partial class FeedHub
{
    /// <summary>The newest mutations whose times are kept.</summary>
    private const int ReceiptsMax = 100_000;

    /// <summary>Callers that wait for a confirmation at one time (B1).</summary>
    private const int WaitersMax = 100_000;

    private readonly ReceiptLog _receipts = new(ReceiptsMax);
    private readonly InFlightLog _inFlight = new();
    private readonly PriorityQueue<TaskCompletionSource, ulong> _waiters = new();
    private readonly ITimer _deadline;
    private TaskCompletionSource? _drained;
    private TimeSpan _armedFor = TimeSpan.MaxValue;
    private ClosedFloors _settled;

    /// <summary>Up to which revision everything is confirmed (R1).</summary>
    public ulong Confirmed
    {
        get
        {
            lock (_gate)
            {
                return ConfirmedThrough(_leases.Advance(Now));
            }
        }
    }

    /// <summary>Up to which revision each class is closed for everybody who is served here: edges with leases, and edges in this process.</summary>
    public ClosedFloors Closed
    {
        get
        {
            lock (_gate)
            {
                return Settled(_leases.Advance(Now));
            }
        }
    }

    /// <summary>The feed's part of a receipt: durability, unleased verifiers and blast radius are the engine's to fill in. `accepted` or `confirmed`.</summary>
    public Receipt Status(ulong revision)
    {
        lock (_gate)
        {
            return StatusNeedsLock(revision, waited: false);
        }
    }

    /// <summary>
    /// Waits until a revision is confirmed, for at most <paramref name="timeout"/>, and answers its receipt: `confirmed`, or `partial` with who has
    /// not answered.
    /// </summary>
    public async ValueTask<Receipt> WaitAsync(ulong revision, TimeSpan timeout, CancellationToken cancellation = default)
    {
        TaskCompletionSource? waiter = null;
        lock (_gate)
        {
            if (ConfirmedThrough(_leases.Advance(Now)) < revision && timeout > TimeSpan.Zero && _waiters.Count < WaitersMax)
            {
                waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiters.Enqueue(waiter, revision);
                ArmNeedsLock();
            }
        }

        if (waiter is not null)
        {
            try
            {
                await waiter.Task.WaitAsync(timeout, Time, cancellation);
            }
            catch (TimeoutException)
            {
                // The receipt says who has not answered.
            }
        }

        lock (_gate)
        {
            return StatusNeedsLock(revision, waited: true);
        }
    }

    private Receipt StatusNeedsLock(ulong revision, bool waited)
    {
        var now = Now;
        var status = _leases.Status(revision, now);
        var accepted = _receipts.Find(revision);
        var confirmed = revision <= ConfirmedThrough(_leases.Closed);
        var waiting = status.Waiting.ConvertAll(edge => new WaitingEdge(edge.Edge, edge.Acknowledged, Math.Max(0, (edge.Until - now).TotalMilliseconds)));
        if (status.BeforeRestartUntil is { } until)
        {
            waiting.Add(new WaitingEdge(ReceiptView.BeforeRestart, 0, Math.Max(0, (until - now).TotalMilliseconds)));
        }

        foreach (var local in _locals.Where(local => local.Told < revision))
        {
            waiting.Add(new WaitingEdge(local.Name, local.Told, 0));
        }

        return new Receipt(
            revision,
            confirmed ? "confirmed" : waited ? "partial" : "accepted",
            Durable: true,
            accepted?.AcceptedAt ?? DateTimeOffset.UnixEpoch,
            confirmed ? accepted?.ConfirmedAfter?.TotalMilliseconds : null,
            new ClosedClasses(status.DestructiveClosed, status.WriteClosed, status.ReadClosed),
            status.Acknowledged,
            status.RanOut,
            waiting,
            _inFlight.Of(revision),
            UnleasedUntil: null);
    }

    /// <summary>Confirmed: closed for every edge with a lease, and told to the edges in this process.</summary>
    private ulong ConfirmedThrough(ClosedFloors closed) => Settled(closed).Confirmed;

    private ClosedFloors Settled(ClosedFloors closed)
    {
        foreach (var local in _locals)
        {
            closed = new ClosedFloors(Math.Min(closed.Read, local.Told), Math.Min(closed.Write, local.Told), Math.Min(closed.Destructive, local.Told));
        }

        return closed;
    }

    /// <summary>Completes what is confirmed now. Needs the lock.</summary>
    private void Settle(ClosedFloors closed)
    {
        var settled = Settled(closed);
        if (settled != _settled)
        {
            _settled = settled;
            Options.ClosedMoved?.Invoke();
        }

        var through = settled.Confirmed;
        _receipts.Confirm(through, Time);
        while (_waiters.TryPeek(out var waiter, out var revision) && revision <= through)
        {
            _waiters.Dequeue();
            waiter.TrySetResult();
        }

        if (_drained is not null && !_leases.AnyExposed(Now))
        {
            _drained.TrySetResult();
        }

        ArmNeedsLock();
    }

    /// <summary>Lets time close what it closes.</summary>
    private void Advance()
    {
        lock (_gate)
        {
            _armedFor = TimeSpan.MaxValue;
            Settle(_leases.Advance(Now));
        }
    }

    private void ArmNeedsLock()
    {
        // Without a waiter nobody needs the very moment; the watch timer is soon enough for the rest.
        if ((_waiters.Count == 0 && Options.ClosedMoved is null) || _leases.NextDeadline is not { } at || at >= _armedFor)
        {
            return;
        }

        _armedFor = at;
        var wait = at - Now;
        _deadline.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private Task Drained()
    {
        _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Settle(_leases.Advance(Now));
        return _drained.Task;
    }
}
