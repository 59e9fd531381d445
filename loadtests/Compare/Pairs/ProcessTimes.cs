using System.Globalization;

namespace Fabric.LoadTests.Compare.Pairs;

/// <summary>Processor time by process, from proc(5): client and server are told apart by it. Linux alone.</summary>
internal static class ProcessTimes
{
    // USER_HZ: what proc(5) counts in on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Seconds that a process and all that it has started have used, those that have ended included.</summary>
    public static double TreeSeconds(int root) => TreeTicks(root, ReadAll()) / TicksPerSecond;

    /// <summary>Seconds that this process has used.</summary>
    public static double OwnSeconds => Environment.CpuUsage.TotalTime.TotalSeconds;

    /// <summary>Ticks of a process and its descendants. An ended child's are in its parent's entry, once the parent has waited for it.</summary>
    public static long TreeTicks(int root, IReadOnlyCollection<Entry> all)
    {
        var children = all.ToLookup(entry => entry.Parent);
        var open = new Stack<Entry>(all.Where(entry => entry.Id == root));
        var ticks = 0L;
        while (open.TryPop(out var entry))
        {
            ticks += entry.Ticks;
            foreach (var child in children[entry.Id])
            {
                open.Push(child);
            }
        }

        return ticks;
    }

    /// <summary>Reads `ID (NAME) STATE PARENT ...`, where the name may hold anything; null: it is not such a line.</summary>
    public static Entry? Parse(string stat)
    {
        var end = stat.LastIndexOf(')');
        if (end < 0 || !int.TryParse(stat.AsSpan(0, Math.Max(0, stat.IndexOf(' '))), CultureInfo.InvariantCulture, out var id))
        {
            return null;
        }

        // After the name: state, parent, ...; utime, stime, cutime and cstime are the fields 14 to 17 of the whole.
        var fields = stat[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 15
            ? null
            : new Entry(id, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)));
    }

    /// <summary>All processes that can be seen.</summary>
    public static IReadOnlyCollection<Entry> ReadAll()
    {
        var all = new List<Entry>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                if (Parse(File.ReadAllText(Path.Combine(folder, "stat"))) is { } entry)
                {
                    all.Add(entry);
                }
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return all;
    }

    /// <summary>One process: its parent, and the ticks of itself and of its children that have ended.</summary>
    internal readonly record struct Entry(int Id, int Parent, long Ticks);
}
