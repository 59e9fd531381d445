using Fabric.Core.Common;
using Fabric.Grains.Sessions;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Storage.InMemory;

/// <summary>What grains read when they start, from memory.</summary>
internal sealed class MemoryEntities(MemoryTables tables) : IEntityStore
{
    public Task<List<EntityEvent>> EventsAsync(string owner, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            var lines = tables.Directory.Where(line => line.Row.Owner == owner).OrderBy(line => line.Row.Version).ThenBy(line => line.Part);
            return Task.FromResult<List<EntityEvent>>([.. lines.Select(line => new EntityEvent(line.Row.Version, new Instant(line.Row.AtMs), EventList.ReadOne(line.Row.Event)))]);
        }
    }

    public Task<StoredSession?> SessionAsync(UInt128 id, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            if (!tables.Sessions.TryGetValue(id, out var line))
            {
                return Task.FromResult<StoredSession?>(null);
            }

            var credentials = tables.CredentialsOf.GetValueOrDefault(id);
            return Task.FromResult<StoredSession?>(
                new StoredSession(line.Version, SessionRow.Read(line.Body, (uint)(credentials?.Count ?? 0), credentials?.Max ?? UInt128.Zero)));
        }
    }

    public Task<int> LiveSessionsAsync(string tenant, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            return Task.FromResult(tables.Sessions.Values.Count(line => line.IsLive && line.Tenant == tenant));
        }
    }

    public Task<StoredQuota?> QuotaAsync(UInt128 id, CancellationToken cancellation)
    {
        lock (tables.Gate)
        {
            return Task.FromResult(tables.Quotas.GetValueOrDefault(id));
        }
    }
}
