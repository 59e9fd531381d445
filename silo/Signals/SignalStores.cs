using Fabric.Engine;
using Fabric.Silo.Hosting;

namespace Fabric.Silo.Signals;

/// <summary>Where streams are kept: beside the engine's own data.</summary>
internal static partial class SignalStores
{
    public static ISignalStore Open(SiloOptions options, IFabricEngine engine, TimeProvider time, ILoggerFactory logs)
    {
        ISignalStore? store = null;
        var log = logs.CreateLogger("Fabric.Silo.Signals");
        OpenCluster(engine, log, ref store);
        return store ?? new FileSignalStore(Path.Combine(options.DataFolder, "signals"), time, log);
    }

    // What the build with the cluster engine has more.
    static partial void OpenCluster(IFabricEngine engine, ILogger log, ref ISignalStore? store);
}
