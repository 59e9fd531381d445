using Fabric.Embedded;
using Fabric.Embedded.Storage;

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
            Journal = new JournalOptions { OnDamage = options.Journal.OnDamage == "keep_prefix" ? DamagePolicy.KeepPrefix : DamagePolicy.Refuse },
        },
        TimeProvider.System, logs.CreateLogger("Fabric.Embedded"));
}
