using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Quotas;
using Fabric.Grains.Sessions;

namespace Fabric.Grains.Storage;

/// <summary>What grains read when they start.</summary>
internal interface IEntityStore
{
    /// <summary>An entity's own events, in their order.</summary>
    Task<List<EntityEvent>> EventsAsync(string owner, CancellationToken cancellation);

    /// <summary>A session with the count of its changes; null: there is none.</summary>
    Task<StoredSession?> SessionAsync(UInt128 id, CancellationToken cancellation);

    /// <summary>How many sessions of a tenant count as live.</summary>
    Task<int> LiveSessionsAsync(string tenant, CancellationToken cancellation);

    /// <summary>A quota by its handle; null: there is none.</summary>
    Task<StoredQuota?> QuotaAsync(UInt128 id, CancellationToken cancellation);
}

/// <summary>An event of an entity, and which of its commands it is of.</summary>
internal readonly record struct EntityEvent(long Version, Instant At, FabricEvent Event);

/// <summary>A session as it stands after so many changes.</summary>
internal sealed record StoredSession(int Version, SessionRow Row);

/// <summary>What a quota is, and until when.</summary>
internal sealed record StoredQuota(QuotaRef Quota, Instant DropAfter);
