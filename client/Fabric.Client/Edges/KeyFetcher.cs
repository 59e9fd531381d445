using Fabric.Core.Keys;

namespace Fabric.Client.Edges;

/// <summary>
/// Fetches a key that a token names and the view does not have: once at a time for a key id, less and less often while the fabric does not know it, and
/// never more than a few a second in all. Whoever sends tokens with made-up key ids gets denials, not a storm.
/// </summary>
internal sealed class KeyFetcher(IEdgeUplink uplink, KeyRing keys, EdgeClock clock)
{
    /// <summary>Key ids that are remembered as unknown (B1).</summary>
    public const int UnknownMax = 1_024;

    /// <summary>Fetches in any second, of all key ids.</summary>
    public const int FetchesMax = 16;

    private const long BackoffMinMs = 1_000;
    private const long BackoffMaxMs = 60_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task<bool>> _flights = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Unknown> _unknown = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldest = new();
    private long _secondMs = long.MinValue;
    private int _inSecond;

    /// <summary>Whether the ring holds the key afterwards.</summary>
    public async ValueTask<bool> TryFetchAsync(string kid, CancellationToken cancellation)
    {
        Task<bool> flight;
        lock (_gate)
        {
            if (keys.Find(kid) is not null)
            {
                return true;
            }

            if (!_flights.TryGetValue(kid, out flight!))
            {
                if (!MayFetch_NeedsLock(kid, clock.SentMs))
                {
                    return false;
                }

                // Not under one caller's cancellation: others wait for it, too.
                flight = Task.Run(() => FetchAsync(kid), CancellationToken.None);
                _flights.Add(kid, flight);
            }
        }

        return await flight.WaitAsync(cancellation);
    }

    private async Task<bool> FetchAsync(string kid)
    {
        var known = false;
        try
        {
            var fetched = await uplink.FetchKeyAsync(kid, CancellationToken.None);

            // INVARIANT R1: the uplink has put it into the ring, in order with the feed. Here, a revocation or a new connection may have come in between.
            known = fetched.IsOk && keys.Find(kid) is not null;
        }
        catch (OperationCanceledException)
        {
            // The connection is going down.
        }
        finally
        {
            lock (_gate)
            {
                _flights.Remove(kid);
                Note_NeedsLock(kid, known, clock.SentMs);
            }
        }

        return known;
    }

    private bool MayFetch_NeedsLock(string kid, long nowMs)
    {
        if (_unknown.TryGetValue(kid, out var unknown) && nowMs < unknown.NextMs)
        {
            return false;
        }

        if (nowMs - 1_000 >= _secondMs)
        {
            (_secondMs, _inSecond) = (nowMs, 0);
        }

        return ++_inSecond <= FetchesMax;
    }

    private void Note_NeedsLock(string kid, bool known, long nowMs)
    {
        if (known)
        {
            _unknown.Remove(kid);
            return;
        }

        var backoffMs = _unknown.TryGetValue(kid, out var before) ? Math.Min(before.BackoffMs * 2, BackoffMaxMs) : BackoffMinMs;
        if (!_unknown.ContainsKey(kid))
        {
            _oldest.Enqueue(kid);
        }

        _unknown[kid] = new Unknown(nowMs + backoffMs, backoffMs);
        while (_oldest.Count > UnknownMax)
        {
            _unknown.Remove(_oldest.Dequeue());
        }
    }

    private readonly record struct Unknown(long NextMs, long BackoffMs);
}
