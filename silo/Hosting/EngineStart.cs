using Fabric.Core.Leases;
using Fabric.Embedded;
using Fabric.Embedded.Storage;
using Fabric.Engine.Feed;

namespace Fabric.Silo.Hosting;

/// <summary>Opens the engine that the settings name.</summary>
internal static class EngineStart
{
    /// <summary>The engine. Throws <see cref="FabricStartException"/> when it cannot start on its data folder.</summary>
    public static EmbeddedEngine Open(SiloOptions options, ILoggerFactory logs) => EmbeddedEngine.Open(
        new EmbeddedOptions
        {
            DataFolder = options.DataFolder,
            Issuer = options.Issuer,
            DefaultAudience = options.DefaultAudience,
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
}
