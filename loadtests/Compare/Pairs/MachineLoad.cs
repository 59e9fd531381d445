using System.Globalization;

namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>
/// Processor time of the whole machine so far, in ticks, by whom it went to (proc(5)). Two of them tell how much others took in between: what ran, less what this process, all
/// that it has started and the kernel's own threads ran, and what the hypervisor kept. Interrupts count for nobody: this run's own traffic makes most of them. Linux alone.
/// </summary>
/// <param name="All">Every core's time, idle or not.</param>
/// <param name="Ran">What processes and kernel threads have run.</param>
/// <param name="Stolen">What the hypervisor has kept from this machine.</param>
/// <param name="Own">What this run's processes have run, and the kernel's threads, which write what everybody has written.</param>
internal readonly record struct MachineLoad(long All, long Ran, long Stolen, long Own)
{
    // The process that all of the kernel's threads descend from; in a container neither it nor they are seen.
    private const int KernelThreads = 2;

    private const int Fields = 8;

    /// <summary>The machine as it stands.</summary>
    public static MachineLoad Read() => Of(File.ReadLines("/proc/stat").First(), ProcessTimes.ReadAll(), Environment.ProcessId);

    /// <summary>From the first line of `/proc/stat`, all processes, and the process that has started this run.</summary>
    public static MachineLoad Of(string line, IReadOnlyCollection<ProcessTimes.Entry> all, int root)
    {
        // cpu user nice system idle iowait irq softirq steal ...: what comes behind is in user and nice already.
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= Fields || fields[0] != "cpu")
        {
            throw new LoadException("this machine does not tell its processor time in /proc/stat");
        }

        var ticks = fields[1..(Fields + 1)].Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        var kernel = all.Any(entry => entry is { Id: KernelThreads, Parent: 0 }) ? ProcessTimes.TreeTicks(KernelThreads, all) : 0;
        return new MachineLoad(ticks.Sum(), ticks[0] + ticks[1] + ticks[2], ticks[7], kernel + ProcessTimes.TreeTicks(root, all));
    }

    /// <summary>The share of the machine's time since a moment before that others took: 0 to 1.</summary>
    public double OthersSince(MachineLoad before)
    {
        var all = All - before.All;

        // Processes are counted later than the machine, and in whole ticks: a little less than nothing is nothing.
        var others = Math.Max(0, Ran - before.Ran - (Own - before.Own)) + (Stolen - before.Stolen);
        return all <= 0 ? 0 : Math.Min(1, (double)others / all);
    }
}
