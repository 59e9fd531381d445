using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Client.Edges;

/// <summary>
/// The calls that have begun and not ended, at most as many as the options say (B1). Whoever changes the index has them looked through: with no call in
/// flight, or an unchanged index, that costs nothing.
/// </summary>
internal sealed class CallsInFlight(ICheckView view, EdgeClock clock, CheckRules rules, int max)
{
    private readonly Lock _gate = new();
    private readonly Lock _looking = new();
    private CallHandle? _first;
    private CallHandle[] _copy = new CallHandle[16];
    private int _count;
    private (long Index, long Keys) _lookedAt = (long.MinValue, long.MinValue);
    private int _cancelled;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Lists an allowed call. False when there are as many as there may be.</summary>
    public bool TryAdd(CallHandle call)
    {
        lock (_gate)
        {
            if (_count >= max)
            {
                return false;
            }

            call.Next = _first;
            if (_first is not null)
            {
                _first.Previous = call;
            }

            _first = call;
            call.IsListed = true;
            Volatile.Write(ref _count, _count + 1);
            return true;
        }
    }

    /// <summary>Ends a call.</summary>
    public void Remove(CallHandle call)
    {
        lock (_gate)
        {
            if (!call.IsListed)
            {
                return;
            }

            call.IsListed = false;
            if (call.Previous is { } previous)
            {
                previous.Next = call.Next;
            }
            else
            {
                _first = call.Next;
            }

            if (call.Next is { } next)
            {
                next.Previous = call.Previous;
            }

            (call.Previous, call.Next) = (null, null);
            Volatile.Write(ref _count, _count - 1);
        }
    }

    /// <summary>The denial code of a call's lineage or key now; null while both live.</summary>
    public string? DenialOf(CallHandle call) =>
        view.Index.CheckLineage(call.Decision.Claims!.Lineage.Nodes, clock.Read().Now).DenialCode ?? DenialByKey(call);

    /// <summary>Cancels what the index denies. Returns how many calls were cancelled for that since it was last asked.</summary>
    public int CancelDenied()
    {
        lock (_looking)
        {
            // The version before the look: a change meanwhile is looked at again. Calls that begin meanwhile look for themselves.
            var version = (view.Index.Version, view.Keys.Version);
            if (Count > 0 && version != _lookedAt)
            {
                foreach (var call in Copy())
                {
                    if (DenialOf(call) is { } code && call.Cancel(code))
                    {
                        _cancelled++;
                    }
                }
            }

            _lookedAt = version;
            var cancelled = _cancelled;
            _cancelled = 0;
            return cancelled;
        }
    }

    /// <summary>Cancels what time has ended: expired credentials, and classes that the lease no longer covers.</summary>
    public void CancelLate()
    {
        if (Count == 0)
        {
            return;
        }

        lock (_looking)
        {
            var leaseMs = view.LeaseMomentMs;
            var moment = clock.Read();
            foreach (var call in Copy())
            {
                if (moment.Now.UnixMs >= call.Decision.Claims!.ExpiresAt.UnixMs + CheckRules.SkewMs)
                {
                    call.Cancel(Codes.TokenExpired);
                }
                else if (leaseMs != ICheckView.Authority && (leaseMs == ICheckView.NoLease || moment.MonotonicMs - leaseMs > BoundMs(call.Class)))
                {
                    call.Cancel(view.IsReady ? Codes.CheckStale : Codes.CheckNotReady);
                }
            }
        }
    }

    /// <summary>Cancels everything.</summary>
    public void CancelAll(string code)
    {
        lock (_looking)
        {
            foreach (var call in Copy())
            {
                call.Cancel(code);
            }
        }
    }

    // INVARIANT R1: nobody tells of a key that is gone any more, so what runs under it ends as if it were revoked.
    private string? DenialByKey(CallHandle call)
    {
        var version = view.Keys.Version;
        if (call.KeysVersion == version)
        {
            return null;
        }

        var key = TokenReader.KidOf(call.Token) is { } kid ? view.Keys.Find(kid) : null;
        if (key is not { IsRevoked: false })
        {
            return key is null ? Codes.TokenKeyUnknown : Codes.TokenKeyRevoked;
        }

        call.KeysVersion = version;
        return null;
    }

    // A destructive call in flight was allowed by the fabric's own answer; from then on it is covered like a write.
    private long BoundMs(ActionClass @class) => @class == ActionClass.Read ? Math.Max(rules.ReadBoundMs, rules.BestEffortMs) : rules.WriteBoundMs;

    private Span<CallHandle> Copy()
    {
        lock (_gate)
        {
            if (_copy.Length < _count)
            {
                _copy = new CallHandle[Math.Max(_count, _copy.Length * 2)];
            }

            var count = 0;
            for (var call = _first; call is not null; call = call.Next)
            {
                _copy[count++] = call;
            }

            return _copy.AsSpan(0, count);
        }
    }
}
