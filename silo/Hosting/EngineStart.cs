using Fabric.Core.Leases;
using Fabric.Embedded;
using Fabric.Embedded.Storage;
using Fabric.Engine;
using Fabric.Engine.Feed;

namespace Fabric.Silo.Hosting;

/// <summary>Opens the engine that the settings name.</summary>
internal static partial class EngineStart
{
    /// <summary>The engine that the settings name. Throws <see cref="FabricStartException"/> when it cannot start.</summary>
    public static Task<IFabricEngine> OpenAsync(SiloOptions options, ILoggerFactory logs, CancellationToken cancellation)
    {
        Task<IFabricEngine>? opening = null;
        OpenCluster(options, logs, cancellation, ref opening);
        return opening ?? Task.FromResult<IFabricEngine>(Open(options, logs));
    }

    /// <summary>
    /// Waits until no other host of the same fabric is doing what only one may do at a time, and holds that until disposed. One process alone need not wait.
    /// </summary>
    public static async Task<IAsyncDisposable?> TakeTurnAsync(IFabricEngine engine, CancellationToken cancellation)
    {
        Task<IAsyncDisposable>? turn = null;
        TakeClusterTurn(engine, cancellation, ref turn);
        return turn is null ? null : await turn;
    }

    /// <summary>The embedded engine. Throws <see cref="FabricStartException"/> when it cannot start on its data folder.</summary>
    public static EmbeddedEngine Open(SiloOptions options, ILoggerFactory logs) => EmbeddedEngine.Open(
        new EmbeddedOptions
        {
            DataFolder = options.DataFolder,
            Issuer = options.Issuer,
            DefaultAudience = options.DefaultAudience,
            StatusListTenants = options.StatusLists.TenantList,
            MasterKey = options.MasterKey,
            Journal = new JournalOptions { OnDamage = options.Journal.OnDamage == "truncate" ? DamagePolicy.KeepPrefix : DamagePolicy.Refuse },
            AuditRetention = TimeSpan.FromDays(options.Retention.AuditDays),
            EndedSessionRetention = TimeSpan.FromMinutes(options.Retention.EndedSessionMinutes),
            Feed = new FeedHubOptions
            {
                Bounds = new ClassBounds(TimeSpan.FromMilliseconds(options.Feed.ReadBoundMs), TimeSpan.FromMilliseconds(options.Feed.WriteBoundMs)),
                RetentionRecords = options.Feed.RetentionRecords,
            },
        },
        TimeProvider.System, logs.CreateLogger("Fabric.Embedded"));

    // What the build with the cluster engine has more.
    static partial void OpenCluster(SiloOptions options, ILoggerFactory logs, CancellationToken cancellation, ref Task<IFabricEngine>? opening);

    static partial void TakeClusterTurn(IFabricEngine engine, CancellationToken cancellation, ref Task<IAsyncDisposable>? turn);
}
