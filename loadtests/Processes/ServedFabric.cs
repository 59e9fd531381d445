using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Processes;

/// <summary>Starts what a scenario drives.</summary>
internal static partial class ServedFabric
{
    /// <summary>
    /// The host over a run's folder, or, where the options ask for silos, a cluster of them with a database of its own. Throws <see cref="LoadException"/> when this build has no
    /// cluster engine.
    /// </summary>
    public static async Task<IServedFabric> StartAsync(ScenarioRun run, string folder)
    {
        if (run.Options.Silos is not { } silos)
        {
            return await SiloProcess.StartAsync(folder, run.Cancellation);
        }

        Task<IServedFabric>? starting = null;
        StartCluster(folder, silos, run.Cancellation, ref starting);
        return await (starting ?? throw new LoadException("this build has no cluster engine: build with FabricEngine=Orleans"));
    }

    static partial void StartCluster(string folder, int silos, CancellationToken cancellation, ref Task<IServedFabric>? starting);
}
