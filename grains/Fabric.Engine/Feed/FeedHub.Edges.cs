using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Leases;

namespace Fabric.Engine.Feed;

/// <summary>What connected edges tell the hub.</summary>
public sealed partial class FeedHub
{
    /// <summary>
    /// Takes a connection in: its place in the lease table, and where it starts in the feed (null: with a snapshot). Answers a code when it is refused.
    /// </summary>
    internal string? Admit(ServedEdge edge, HelloFrame hello, out FeedCursor? cursor, out ClassBounds bounds)
    {
        ServedEdge? replaced = null;
        lock (_gate)
        {
            (cursor, bounds) = (null, BoundsOf(hello));
            if (_isStopping || !_isOpen)
            {
                return Codes.Stopping;
            }

            // INVARIANT R5: every receipt waits for the longest bound in use, so nobody takes one that an operator did not grant.
            if (bounds.Read > Options.Bounds.Read && bounds.Read > edge.BestEffortMax)
            {
                return Codes.FeedBestEffort;
            }

            // INVARIANT R3: an edge that comes from another silo of the cluster and knows more than this one would be given an older snapshot, and forget
            // what it knows. It tries another silo, or this one again in a moment.
            if (hello.Epoch == Epoch && hello.Revision > Head && Options.HoldsLease is not null)
            {
                return Codes.CheckBehindRevision;
            }

            if (_peers.Length >= Options.ConnectionsMax)
            {
                return Codes.LimitReached;
            }

            var longest = ClassBounds.Longest(_leases.LongestBounds, bounds);
            if (longest != _leases.LongestBounds)
            {
                Options.BoundsGrew?.Invoke(longest);
            }

            // A name alone does not tell one run of a process from the next, or from another that was given the same name: each has its lease.
            var joined = _leases.Hello(edge.Name, hello.Instance, bounds, Now);
            if (!joined.IsOk)
            {
                return joined.Rejection.Code;
            }

            replaced = Array.Find(_peers, peer => peer.Instance == hello.Instance && peer.Name == edge.Name);
            (edge.Instance, edge.Lease) = (hello.Instance, joined.Value);
            _peers = [.. _peers.Where(peer => peer != replaced), edge];
            cursor = CanResume(hello) ? _log.TryFind(hello.Revision) : null;
        }

        replaced?.Cut(Codes.FeedReplaced);
        return null;
    }

    /// <summary>The connection has ended; the lease goes on until it runs out, unless it was handed back.</summary>
    internal void Leave(ServedEdge edge)
    {
        lock (_gate)
        {
            _peers = [.. _peers.Where(peer => peer != edge)];
            _leases.Drop(edge.Lease, Now);
            Settle(_leases.Advance(Now));
        }

        Turns.Forget(edge.Outbox);
    }

    /// <summary>An edge has applied a revision. False: it is to be cut off.</summary>
    internal bool Acknowledged(ServedEdge edge, AckFrame ack)
    {
        LeaseAnswer answer;
        lock (_gate)
        {
            var now = Now;
            answer = _leases.Ack(edge.Lease, ack.Revision, Head, now);
            Applied(edge, ack.Revision, ack.InFlightCancelled);
            Settle(_leases.Advance(now));
        }

        return Answer(edge, answer);
    }

    /// <summary>An edge asks for a lease. False: it is to be cut off.</summary>
    internal bool Renewed(ServedEdge edge, RenewFrame renew)
    {
        LeaseAnswer answer;
        lock (_gate)
        {
            // INVARIANT R1: arrival time and head are taken at one moment, under the lock that appends take.
            var now = Now;
            // INVARIANT R1: a silo that has lost its own lease lends none: the renewal counts as an acknowledgement alone.
            answer = Options.HoldsLease?.Invoke() == false
                ? _leases.Ack(edge.Lease, renew.Revision, Head, now)
                : _leases.Renew(edge.Lease, renew.Number, renew.Revision, Head, now);
            Applied(edge, renew.Revision, renew.InFlightCancelled);
            Settle(_leases.Advance(now));
        }

        return Answer(edge, answer);
    }

    /// <summary>An edge has handed its lease back. Always true: a second bye changes nothing.</summary>
    internal bool SaidBye(ServedEdge edge)
    {
        lock (_gate)
        {
            _leases.Bye(edge.Lease, Now);
            Settle(_leases.Advance(Now));
        }

        return true;
    }

    /// <summary>
    /// A check of this edge is about to be decided, from an index that holds everything up to the head. See <see cref="LeaseTerms.AnswerValid"/>. False when
    /// the connection was replaced: no answer of it counts; and when this feed holds no lease itself.
    /// </summary>
    internal bool NoteCheck(ServedEdge edge)
    {
        lock (_gate)
        {
            var now = Now;
            return Options.HoldsLease?.Invoke() != false && _leases.Answered(edge.Lease, Head, now, now);
        }
    }

    /// <summary>An in-process edge has been told of a revision.</summary>
    internal void Told(LocalEdgeLoop local, ulong revision, int cancelled)
    {
        lock (_gate)
        {
            _inFlight.Note(local.Name, local.Told, revision, cancelled);
            local.Told = Math.Max(local.Told, revision);
            Settle(_leases.Advance(Now));
        }
    }

    /// <summary>An in-process edge leaves.</summary>
    internal void Detach(LocalEdgeLoop local)
    {
        lock (_gate)
        {
            _locals = [.. _locals.Where(other => other != local)];
            Settle(_leases.Advance(Now));
        }
    }

    private static bool Answer(ServedEdge edge, LeaseAnswer answer)
    {
        if (answer.Granted > 0)
        {
            edge.Outbox.Grant(answer.Granted);
        }

        return !answer.Refused;
    }

    private void Applied(ServedEdge edge, ulong revision, uint cancelled)
    {
        _inFlight.Note(edge.Name, edge.Applied, revision, (int)Math.Min(cancelled, int.MaxValue));
        edge.Applied = Math.Max(edge.Applied, revision);
    }

    // INVARIANT R3: a revision names the same records in this epoch, and in the one before as far as its records were durable. Past that an edge may
    // have seen records that no longer exist.
    private bool CanResume(HelloFrame hello) =>
        hello.Epoch == Epoch || (hello.Epoch == _previousEpoch && _previousEpoch != 0 && hello.Revision <= _durableBefore);

    private ClassBounds BoundsOf(HelloFrame hello)
    {
        var read = Tightened(Options.Bounds.Read, hello.ReadBoundMs);
        var bestEffort = TimeSpan.FromMilliseconds(hello.BestEffortMs);
        return new ClassBounds(bestEffort > read ? bestEffort : read, Tightened(Options.Bounds.Write, hello.WriteBoundMs));
    }

    private static TimeSpan Tightened(TimeSpan bound, uint askedMs) =>
        askedMs == 0 || askedMs >= bound.TotalMilliseconds ? bound : TimeSpan.FromMilliseconds(askedMs);

    /// <summary>Cuts off what hangs, and lets time close what it closes.</summary>
    private void Watch()
    {
        var now = Time.GetTimestamp();
        foreach (var peer in Volatile.Read(ref _peers))
        {
            peer.Watch(now);
        }

        Advance();
    }
}
