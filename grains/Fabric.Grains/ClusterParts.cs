using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Engine;
using Fabric.Grains.Directory;
using Fabric.Grains.Feed;
using Fabric.Grains.Storage;

namespace Fabric.Grains;

/// <summary>What the grains of one silo share.</summary>
internal sealed class ClusterParts
{
    private readonly IdSource _ids = new();
    private readonly Lock _idGate = new();
    private readonly Instant _startedOn;
    private readonly long _startedAt;

    /// <summary><paramref name="storeNow"/>: the store's clock, a moment ago.</summary>
    internal ClusterParts(TimeProvider time, Instant storeNow) =>
        (Time, _startedOn, _startedAt) = (time, Instant.Min(Instant.From(time.GetUtcNow()), storeNow), time.GetTimestamp());

    /// <summary>What all silos share.</summary>
    internal required IClusterStore Store { get; init; }

    internal IOrderStore Log => Store.Order;
    internal required Relay Relay { get; init; }
    internal required SigningKeys Signing { get; init; }
    internal required LoginSecrets Logins { get; init; }

    /// <summary>The clock of this silo's leases: it goes on while the machine is suspended (R2).</summary>
    internal TimeProvider Time { get; }

    internal required ClusterOptions Options { get; init; }

    /// <summary>How the cluster names this silo.</summary>
    internal required string SiloName { get; init; }

    /// <summary>The way into the order; there once the silo runs.</summary>
    internal LogClient Client { get; set; } = null!;

    /// <summary>Revocations that storage does not take at once; there once the silo runs.</summary>
    internal EarlyDenials Early { get; set; } = null!;

    /// <summary>This silo as an engine; there once it serves.</summary>
    internal IFabricEngine? Engine { get; set; }

    /// <summary>What this silo measures; there once it serves.</summary>
    internal ClusterMeter? Meter { get; set; }

    /// <summary>Whether the feed log is on this silo.</summary>
    internal bool OwnsFeed { get; set; }

    /// <summary>Told that more is closed for this silo's enforcement points.</summary>
    internal Action ClosedMoved { get; set; } = () => { };

    /// <summary>Told that this silo had better leave the cluster; there once it serves.</summary>
    internal Action Leave { get; set; } = () => { };

    /// <summary>Cancelled when this silo ends as if it had crashed.</summary>
    internal CancellationTokenSource Crashed { get; } = new();

    /// <summary>Whether the relay has heard from the feed log.</summary>
    internal bool Following { get; set; }

    /// <summary>Why the relay cannot go on; null: it can.</summary>
    internal string? Broken { get; set; }

    internal FabricDirectory Directory => Relay.Directory;
    internal HandleSpace Handles => Relay.Directory.Handles;
    internal Instant Now => Instant.From(Time.GetUtcNow());

    // INVARIANT R4: since the start no more time has passed than the monotonic clock says: a wall clock that jumps ahead, or was ahead of the database's at the start, drops nothing that
    // is still needed, and ends no session.
    internal Instant SweepMoment => Instant.Min(Now, _startedOn + Time.GetElapsedTime(_startedAt));

    // INVARIANT S2, S3: what is issued rests on this silo's copy of the directory, which is known to be young only under a lease.
    internal Rejection? Refusal =>
        Relay.HoldsLease ? null : new Rejection(Codes.StorageUnavailable, "cluster", "this silo has no lease on the feed: nothing is issued until it has");

    internal UInt128 NextId(Instant now)
    {
        lock (_idGate)
        {
            return _ids.Next(now);
        }
    }
}
