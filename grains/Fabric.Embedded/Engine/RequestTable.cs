using Fabric.Core.Common;

namespace Fabric.Embedded.Engine;

/// <summary>
/// Which requests were carried out, and at which revision, so that the same request returns the same revision (R5). A request's name is 128 bits: the upper
/// half names its key, the lower its content. Bounded in count and time.
/// </summary>
internal sealed class RequestTable
{
    /// <summary>Requests remembered at the most; past it the oldest are forgotten.</summary>
    internal const int CountMax = 1_000_000;

    /// <summary>How long a request is remembered.</summary>
    internal static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    private readonly Dictionary<ulong, (ulong Content, ulong Revision, Instant At)> _known = [];
    private readonly Queue<ulong> _order = [];

    /// <summary>The revision of a request that was carried out; null: it was not; a refusal: its key was used for another request.</summary>
    internal Outcome<ulong?> Find(UInt128 request)
    {
        if (request == UInt128.Zero || !_known.TryGetValue((ulong)(request >> 64), out var found))
        {
            return Outcome<ulong?>.Of(null);
        }

        return found.Content == (ulong)request
            ? Outcome<ulong?>.Of(found.Revision)
            : new Rejection(Codes.IdempotencyConflict, "idempotencyKey", "the idempotency key was used for another request");
    }

    internal void Add(UInt128 request, ulong revision, Instant at)
    {
        if (request == UInt128.Zero)
        {
            return;
        }

        var key = (ulong)(request >> 64);
        if (!_known.ContainsKey(key))
        {
            _order.Enqueue(key);
        }

        // A request of several transactions ends at the last one's revision.
        _known[key] = ((ulong)request, revision, at);
        while (_order.Count > CountMax)
        {
            _known.Remove(_order.Dequeue());
        }
    }

    /// <summary>Forgets what is older than the retention.</summary>
    internal void Sweep(Instant now)
    {
        while (_order.TryPeek(out var key) && (!_known.TryGetValue(key, out var found) || found.At + Retention < now))
        {
            _order.Dequeue();
            _known.Remove(key);
        }
    }
}
