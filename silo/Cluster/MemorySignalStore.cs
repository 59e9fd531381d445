using Fabric.Silo.Signals;

namespace Fabric.Silo.Cluster;

/// <summary>Streams that the silos of a demonstration share in the memory of their process; nothing is durable.</summary>
internal sealed class MemorySignalStore : ISignalStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string Id), SignalStream> _streams = [];
    private readonly Dictionary<string, Claim> _claims = new(StringComparer.Ordinal);
    private readonly TimeProvider _time = TimeProvider.System;

    // Of the process's clock, which its silos share.
    private readonly record struct Claim(string Holder, long At, TimeSpan Lease, bool IsSeen);

    public ValueTask<SignalStream?> FindAsync(string tenant, string id, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return new(_streams.GetValueOrDefault((tenant, id)));
        }
    }

    public ValueTask<IReadOnlyList<SignalStream>> ListAsync(string tenant, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return new([.. _streams.Values.Where(stream => stream.Tenant == tenant).OrderBy(stream => stream.Id, StringComparer.Ordinal)]);
        }
    }

    public ValueTask AddAsync(SignalStream stream, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _streams.Add((stream.Tenant, stream.Id), stream);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<SignalStream?> UpdateAsync(string tenant, string id, Func<SignalStream, SignalStream> change, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_claims.TryGetValue(id, out var claim))
            {
                _claims[id] = claim with { IsSeen = false };
            }

            return new(_streams.TryGetValue((tenant, id), out var stream) ? _streams[(tenant, id)] = change(stream) : null);
        }
    }

    public ValueTask RemoveAsync(SignalStream stream, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _streams.Remove((stream.Tenant, stream.Id));
            _claims.Remove(stream.Id);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<SignalStream>> ClaimAsync(string holder, TimeSpan lease, int most, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var claimed = _streams.Values.Where(stream => IsDue_NeedsLock(stream, holder)).Take(most).ToList();
            foreach (var stream in claimed)
            {
                _claims[stream.Id] = new Claim(holder, _time.GetTimestamp(), lease, IsSeen: true);
            }

            return new(claimed);
        }
    }

    public ValueTask<SignalStream?> UpdateClaimedAsync(SignalStream stream, string holder, TimeSpan lease, Func<SignalStream, SignalStream> change, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (!_claims.TryGetValue(stream.Id, out var claim) || claim.Holder != holder || !_streams.TryGetValue((stream.Tenant, stream.Id), out var now))
            {
                return new((SignalStream?)null);
            }

            _claims[stream.Id] = new Claim(holder, _time.GetTimestamp(), lease, IsSeen: true);
            return new(_streams[(stream.Tenant, stream.Id)] = change(now));
        }
    }

    public ValueTask ReleaseAsync(SignalStream stream, string holder, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_claims.TryGetValue(stream.Id, out var claim) && claim.Holder == holder)
            {
                _claims.Remove(stream.Id);
            }
        }

        return ValueTask.CompletedTask;
    }

    private bool IsDue_NeedsLock(SignalStream stream, string holder) => _claims.TryGetValue(stream.Id, out var claim)
        ? (claim.Holder == holder && !claim.IsSeen) || (stream.IsPushed && _time.GetElapsedTime(claim.At) > claim.Lease)
        : stream.IsPushed;
}
