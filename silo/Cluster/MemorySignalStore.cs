using Fabric.Silo.Signals;

namespace Fabric.Silo.Cluster;

/// <summary>Streams that the silos of a demonstration share in the memory of their process; nothing is durable.</summary>
internal sealed class MemorySignalStore : ISignalStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string Id), SignalStream> _streams = [];

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
            return new(_streams.TryGetValue((tenant, id), out var stream) ? _streams[(tenant, id)] = change(stream) : null);
        }
    }

    public ValueTask RemoveAsync(SignalStream stream, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _streams.Remove((stream.Tenant, stream.Id));
        }

        return ValueTask.CompletedTask;
    }
}
