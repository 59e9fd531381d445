using Fabric.Silo.Hosting;

namespace Fabric.Silo.Signals;

/// <summary>Where streams are kept: beside the engine's own data.</summary>
internal static partial class SignalStores
{
    public static ISignalStore Open(SiloOptions options)
    {
        ISignalStore? store = null;
        OpenCluster(options, ref store);
        return store ?? new FileSignalStore(Path.Combine(options.DataFolder, "signals"));
    }

    // What the build with the cluster engine has more.
    static partial void OpenCluster(SiloOptions options, ref ISignalStore? store);
}
