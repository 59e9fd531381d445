using System.Runtime.InteropServices;

namespace Fabric.LoadTests.Measure;

/// <summary>What the numbers were measured on.</summary>
internal sealed record MachineInfo(
    string Cpu, int Cores, long MemoryMb, string Os, string Runtime, string GarbageCollector, double Es256SignUs, double Es256VerifyUs)
{
    /// <summary>This machine, with a short measurement of its signatures.</summary>
    public static MachineInfo Read()
    {
        using var baseline = new Es256Baseline();
        var (sign, verify) = baseline.MeasureMicroseconds(TimeSpan.FromMilliseconds(150));
        return new MachineInfo(
            CpuName(), Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20, RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription, System.Runtime.GCSettings.IsServerGC ? "server" : "workstation", sign, verify);
    }

    private static string CpuName()
    {
        const string List = "/proc/cpuinfo";
        var line = File.Exists(List) ? File.ReadLines(List).FirstOrDefault(each => each.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
