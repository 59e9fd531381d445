using Fabric.Engine.Notes;

namespace Fabric.Grains.Storage;

/// <summary>
/// Where a cluster keeps what it knows, the same for all its silos: a PostgreSQL database, or, for a demonstration alone, the memory of one process
/// (docs/decisions/0036). Each silo opens it for itself.
/// </summary>
internal interface IClusterStore : IAsyncDisposable
{
    /// <summary>The order.</summary>
    IOrderStore Order { get; }

    /// <summary>What grains read when they start.</summary>
    IEntityStore Entities { get; }

    /// <summary>What is asked beside the order.</summary>
    IClusterReads Reads { get; }

    /// <summary>Audit records that belong to no command.</summary>
    IAuditStore Audit { get; }

    /// <summary>What is dropped in time.</summary>
    IUpkeepStore Upkeep { get; }

    /// <summary>Throws <see cref="SchemaException"/> when this version cannot run on it.</summary>
    Task CheckAsync(CancellationToken cancellation);

    /// <summary>A value that all silos have in common: the first one to come brings it, everybody is answered what that one brought.</summary>
    Task<byte[]> KeepAsync(string name, byte[] first, CancellationToken cancellation);

    /// <summary>Waits for a lock that one silo of the cluster holds at a time, until it is disposed or the silo dies.</summary>
    Task<IAsyncDisposable> LockAsync(CancellationToken cancellation);

    /// <summary>What hosts remember for a while.</summary>
    INoteStore Notes(TimeProvider time);

    /// <summary>Gives Orleans what it keeps: who is in the cluster, and the state of grains.</summary>
    void Provide(ISiloBuilder silo);
}
