using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Fabric.Benchmarks.Baselines;

namespace Fabric.Benchmarks.Running;

/// <summary>The verb `compare`: measures everything and holds it against the baseline.</summary>
internal static class CompareCommand
{
    private const int Worse = 1;
    private const int NotRun = 2;

    // What seems slower is measured again: a machine that others use too has its moments.
    private const int AgainMax = 2;

    /// <summary>Makes it.</summary>
    public static Command Build()
    {
        var update = new Option<bool>("--update") { Description = "write what was measured as the new baseline, instead of comparing" };
        var path = new Option<FileInfo>("--baseline") { Description = "the baseline's file", DefaultValueFactory = _ => new FileInfo(Baseline.CommittedPath) };
        var verb = new Command("compare", "measures every benchmark shortly and compares it with the baseline; exit code 1: one is slower or allocates more") { update, path };
        verb.SetAction(parsed => Run(parsed.GetValue(update), parsed.GetValue(path)!.FullName));
        return verb;
    }

    private static int Run(bool update, string path)
    {
        if (Subject.IsDebugBuild)
        {
            Console.Error.WriteLine("times of a debug build say nothing: -c Release");
            return NotRun;
        }

        Baseline? baseline = null;
        try
        {
            baseline = update ? null : Baseline.Read(path);
        }
        catch (Exception fault) when (fault is IOException or JsonException)
        {
            Console.Error.WriteLine($"no baseline to compare with: {fault.Message}");
            return NotRun;
        }

        var now = new SortedDictionary<string, Measured>(StringComparer.Ordinal);
        foreach (var group in Subject.All.GroupBy(subject => subject.Type))
        {
            Measure([.. group], baseline, now);
        }

        if (baseline is null)
        {
            var made = new Baseline(MachineName(), TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), now);
            File.WriteAllText(path, made.Format());
            Console.WriteLine($"{now.Count} benchmarks are the new baseline");
            return 0;
        }

        var findings = BaselineJudge.Judge(baseline.Benchmarks, now);
        foreach (var finding in findings)
        {
            Console.WriteLine($"WORSE {finding}");
        }

        Console.WriteLine($"{now.Count} benchmarks, {findings.Count} findings; baseline of {baseline.Date}, {baseline.Machine}");
        return findings.Count == 0 ? 0 : Worse;
    }

    private static void Measure(IReadOnlyList<Subject> group, Baseline? baseline, SortedDictionary<string, Measured> now)
    {
        for (var turn = 0; turn <= AgainMax; turn++)
        {
            var times = ShortRun.Measure(group[0].Type, group[0].Limit);
            foreach (var subject in group)
            {
                var time = ThreeDigits(times[subject.Method.Name]);
                now[subject.Name] = now.TryGetValue(subject.Name, out var before)
                    ? before with { TimesLimit = Math.Min(before.TimesLimit, time) }
                    : new Measured(subject.Limit, time, AllocationMeter.BytesPerOperation(subject.Prepare(), subject.Operations));
            }

            // A new baseline is the middle of what is possible, not its best.
            if (baseline is null || !group.Any(subject => baseline.Benchmarks.TryGetValue(subject.Name, out var known) && BaselineJudge.IsSlower(known, now[subject.Name])))
            {
                break;
            }
        }

        foreach (var subject in group)
        {
            var measured = now[subject.Name];
            var known = baseline?.Benchmarks.GetValueOrDefault(subject.Name);
            Console.WriteLine($"{subject.Name,-24} {measured.TimesLimit,10:G3} times {measured.Limit,-16} {measured.AllocatedBytes,8:N0} bytes"
                + (known is null ? "" : $"   baseline {known.TimesLimit,10:G3} {known.AllocatedBytes,8:N0}"));
        }
    }

    private static double ThreeDigits(double value) => double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string MachineName()
    {
        const string List = "/proc/cpuinfo";
        var line = File.Exists(List) ? File.ReadLines(List).FirstOrDefault(each => each.StartsWith("model name", StringComparison.Ordinal)) : null;
        var cpu = line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return $"{cpu}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}";
    }
}
