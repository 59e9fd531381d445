using System.Collections.Concurrent;
using Fabric.Grains.Storage.InMemory;

namespace Fabric.Grains;

/// <summary>
/// What the silos of a demonstration share in the place of a database: the memory of the one process that they are in. NOTHING IS DURABLE: with the process all is gone, revocations too. What
/// the database promises while it runs holds here as well: commits whole, positions given out once, an owner of the order that was followed by another writes nothing any more.
/// </summary>
public sealed class ClusterMemory
{
    private readonly ConcurrentDictionary<Type, Lazy<object>> _shared = new();

    /// <summary>The tables.</summary>
    internal MemoryTables Tables { get; } = new();

    /// <summary>Whether somebody was told that nothing is durable.</summary>
    internal bool IsTold { get; set; }

    /// <summary>What one silo does for all at a time.</summary>
    internal MemoryTurn UpkeepTurn { get; } = new();

    /// <summary>The lock that hosts ask for.</summary>
    internal MemoryTurn CommonTurn { get; } = new();

    /// <summary>What all silos over this memory keep beside the order, one of each type, made by who asks first.</summary>
    public T Share<T>(Func<T> make)
        where T : class => (T)_shared.GetOrAdd(typeof(T), _ => new Lazy<object>(make)).Value;
}
