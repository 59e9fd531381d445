using System.Net;
using Fabric.Engine.Notes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>One silo's view of the memory that the silos of this process share. See <see cref="ClusterMemory"/>: nothing is durable.</summary>
internal sealed class MemoryStore : IClusterStore
{
    private readonly ClusterMemory _memory;
    private readonly string _clusterId;
    private readonly IPEndPoint _self;

    internal MemoryStore(ClusterMemory memory, ClusterOptions options)
    {
        (_memory, _clusterId, _self) = (memory, options.ClusterId, new IPEndPoint(options.Address ?? IPAddress.Loopback, options.SiloPort));
        Order = new MemoryOrder(Tables, TimeProvider.System);
        Entities = new MemoryEntities(Tables);
        Reads = new MemoryReads(Tables);
        Audit = new MemoryAudit(Tables);
        Upkeep = new MemoryUpkeep(Tables, memory.UpkeepTurn, TimeProvider.System);
    }

    public IOrderStore Order { get; }

    public IEntityStore Entities { get; }

    public IClusterReads Reads { get; }

    public IAuditStore Audit { get; }

    public IUpkeepStore Upkeep { get; }

    private MemoryTables Tables => _memory.Tables;

    public Task CheckAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<byte[]> KeepAsync(string name, byte[] first, CancellationToken cancellation)
    {
        lock (Tables.Gate)
        {
            Tables.Meta.TryAdd(name, first);
            return Task.FromResult(Tables.Meta[name]);
        }
    }

    public Task<IAsyncDisposable> LockAsync(CancellationToken cancellation) => _memory.CommonTurn.TakeAsync(cancellation);

    public INoteStore Notes(TimeProvider time) => new MemoryNotes(Tables, time);

    public void Provide(ISiloBuilder silo)
    {
        silo.UseDevelopmentClustering(First());
        silo.Services.AddGrainStorage(ClusterNames.Storage, Make);
        silo.Services.AddGrainStorage(ClusterNames.Subscriptions, Make);

        MemoryGrainState Make(IServiceProvider services, string name) => new(Tables, services.GetRequiredService<Serializer>());
    }

    public ValueTask DisposeAsync()
    {
        lock (Tables.Gate)
        {
            if (_self.Equals(Tables.FirstSilos.GetValueOrDefault(_clusterId)))
            {
                Tables.FirstSilos.Remove(_clusterId);
            }
        }

        return ValueTask.CompletedTask;
    }

    // Who is in the cluster, the first silo knows: it must outlive the others.
    private IPEndPoint First()
    {
        lock (Tables.Gate)
        {
            Tables.FirstSilos.TryAdd(_clusterId, _self);
            return Tables.FirstSilos[_clusterId];
        }
    }
}
