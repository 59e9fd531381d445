using System.Net;
using Fabric.Core.Common;
using Fabric.Engine.Feed;

namespace Fabric.Grains;

/// <summary>How a silo is set up. All silos of a cluster share database, cluster id, issuer and master key.</summary>
public sealed record ClusterOptions
{
    /// <summary>The PostgreSQL database; empty with <see cref="Memory"/>, and only then.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>For a demonstration in one process: what its silos share in the place of a database. NOTHING IS DURABLE THEN. No setting sets it.</summary>
    public ClusterMemory? Memory { get; init; }

    /// <summary>The master key, 32 bytes: seals the tenants' signing keys.</summary>
    public required ReadOnlyMemory<byte> MasterKey { get; init; }

    /// <summary>The cluster's name.</summary>
    public string ClusterId { get; init; } = "fabric";

    /// <summary>Where other silos reach this one; null: loopback.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The port for other silos.</summary>
    public int SiloPort { get; init; } = 11_111;

    /// <summary>The port for clients of the cluster.</summary>
    public int GatewayPort { get; init; } = 30_000;

    /// <summary>The base of every tenant's issuer: `ISSUER/tenants/TENANT`.</summary>
    public string Issuer { get; init; } = "https://fabric.local";

    /// <summary>The audience of a credential when the issuance names none.</summary>
    public string DefaultAudience { get; init; } = "fabric";

    /// <summary>The tenants whose tokens name a status list; `*`: all of them.</summary>
    public IReadOnlyList<string> StatusListTenants { get; init; } = [];

    /// <summary>Bounds and limits of the feed.</summary>
    public FeedHubOptions Feed { get; init; } = new();

    /// <summary>How many of each thing a tenant may have (B1). The shares of the revocation index are not held by a cluster yet.</summary>
    public CountLimits Counts { get; init; } = new();

    /// <summary>How long audit records are kept.</summary>
    public TimeSpan AuditRetention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How long changes are kept for subscribers that resume.</summary>
    public TimeSpan ChangeRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long an ended session is still answered for.</summary>
    public TimeSpan EndedSessionRetention { get; init; } = TimeSpan.FromMinutes(10);
}
