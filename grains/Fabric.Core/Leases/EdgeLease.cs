using Fabric.Core.Scopes;

namespace Fabric.Core.Leases;

/// <summary>
/// An edge's own side of its lease: until when it may allow from its own copy. Times are of the edge's one monotonic clock. The feed's
/// reader calls <see cref="Sent"/>, <see cref="Granted"/>, <see cref="Lost"/> and <see cref="Released"/>, one at a time; any thread may ask.
/// </summary>
public sealed class EdgeLease
{
    /// <summary>Renewals that may wait for their grants (B1); of more, the oldest are forgotten and their grants mean nothing.</summary>
    public const int WaitingMax = 64;

    private const long NoMoment = long.MinValue;

    private readonly Queue<(ulong Number, TimeSpan At)> _waiting = new(WaitingMax);
    private long _momentTicks = NoMoment;

    /// <summary>When the last granted renewal was sent; null when there is no lease.</summary>
    public TimeSpan? Moment => Volatile.Read(ref _momentTicks) is var ticks && ticks == NoMoment ? null : TimeSpan.FromTicks(ticks);

    /// <summary>
    /// A renewal is about to be sent. <paramref name="now"/> must be read before it is: network delay counts against the edge. Throws
    /// <see cref="ArgumentOutOfRangeException"/> when the number is not above the last one's of this connection.
    /// </summary>
    public void Sent(ulong number, TimeSpan now)
    {
        foreach (var (sent, _) in _waiting)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(number, sent);
        }

        if (_waiting.Count == WaitingMax)
        {
            _waiting.Dequeue();
        }

        _waiting.Enqueue((number, now));
    }

    /// <summary>The fabric granted a renewal. False when it is none that waits: nothing changes then.</summary>
    public bool Granted(ulong number)
    {
        while (_waiting.TryPeek(out var first) && first.Number <= number)
        {
            _waiting.Dequeue();
            if (first.Number == number)
            {
                // INVARIANT R2: the lease is as old as the SENDING of the renewal, never younger.
                Volatile.Write(ref _momentTicks, Math.Max(first.At.Ticks, Volatile.Read(ref _momentTicks)));
                return true;
            }
        }

        return false;
    }

    /// <summary>The connection is lost: what waits is never granted. The lease goes on until it runs out.</summary>
    public void Lost() => _waiting.Clear();

    /// <summary>
    /// Nothing is allowed from now on: the lease is handed back, or the feed has a gap (R2). To be called BEFORE a bye is sent; after a bye
    /// the edge connects as another instance.
    /// </summary>
    public void Released()
    {
        _waiting.Clear();
        Volatile.Write(ref _momentTicks, NoMoment);
    }

    /// <summary>How old the lease is; <see cref="TimeSpan.MaxValue"/> when there is none.</summary>
    public TimeSpan Staleness(TimeSpan now) =>
        Moment is not { } moment ? TimeSpan.MaxValue : now <= moment ? TimeSpan.Zero : now - moment;

    /// <summary>
    /// Whether a call of this class may be allowed from the edge's own copy. The clock is read AFTER the index was looked at: a process that
    /// was stopped in between denies (R2). Destructive calls never may. See <see cref="Index.RevocationIndex"/> for the whole order of a check.
    /// </summary>
    public bool MayAllow(ActionClass actionClass, TimeSpan now, in ClassBounds bounds) =>
        bounds.Of(actionClass) is var bound && bound > TimeSpan.Zero && Staleness(now) <= bound;
}
