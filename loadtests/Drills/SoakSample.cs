using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Drills;

/// <summary>What the host and an edge use at one moment.</summary>
internal sealed record SoakSample(double Seconds, double HostMb, double EdgeMb, int Handles, int Threads, double DataMb, int Files, int IndexRecords)
{
    /// <summary>What is followed: its name, its unit, whether it grows on purpose, and where it stands.</summary>
    public static readonly IReadOnlyList<(string Name, string Unit, bool MayGrow, Func<SoakSample, double> Value)> Series =
    [
        ("host_memory", "MB", false, sample => sample.HostMb),
        ("edge_memory", "MB", false, sample => sample.EdgeMb),
        ("host_handles", "handles", false, sample => sample.Handles),
        ("host_threads", "threads", false, sample => sample.Threads),
        ("index_records", "records", false, sample => sample.IndexRecords),
        ("files", "files", false, sample => sample.Files),
        ("data", "MB", true, sample => sample.DataMb),
    ];

    /// <summary>Reads it.</summary>
    public static SoakSample Take(double seconds, SiloProcess silo, EdgeProcess edge, int indexRecords)
    {
        var (bytes, files) = (0L, 0);
        foreach (var file in new DirectoryInfo(silo.DataFolder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            // One that is gone meanwhile counts as empty.
            (bytes, files) = (bytes + (file.Exists ? file.Length : 0), files + 1);
        }

        return new SoakSample(
            seconds, silo.ResidentBytes / 1e6, edge.ResidentBytes / 1e6, CountOf($"/proc/{silo.ProcessId}/fd"), CountOf($"/proc/{silo.ProcessId}/task"), bytes / 1e6, files, indexRecords);
    }

    private static int CountOf(string folder) => Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder).Length : 0;
}
