using System.Reflection;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Fabric.Benchmarks.Limits;
using Perfolizer.Horology;

namespace Fabric.Benchmarks.Running;

/// <summary>
/// A short run of BenchmarkDotNet in this process: no project is generated and built, so that it needs no package source and takes whatever layout the build has. A class's limit
/// is measured right before and right after it.
/// </summary>
internal static class ShortRun
{
    // Over a second: code that is called thousands of times is compiled well only after a while, by a thread that has to get its turn.
    private const int WarmUps = 15;
    private const int Iterations = 7;

    private static readonly TimeInterval IterationTime = TimeInterval.FromMilliseconds(80);

    /// <summary>Times of a class's benchmarks, by method, as multiples of the limit. Throws <see cref="InvalidOperationException"/> when one did not run.</summary>
    public static IReadOnlyDictionary<string, double> Measure(Type type, string limit)
    {
        var before = Run(LimitRun(limit))[limit];
        var times = Run(BenchmarkConverter.TypeToBenchmarks(type, Config()));
        var after = Run(LimitRun(limit))[limit];
        return times.ToDictionary(each => each.Key, each => each.Value / ((before + after) / 2), StringComparer.Ordinal);
    }

    private static ManualConfig Config()
    {
        var artifacts = Path.Combine(Path.GetTempPath(), "fabric-benchmarks");
        return ManualConfig.CreateEmpty().WithArtifactsPath(artifacts).WithOptions(ConfigOptions.DisableLogFile).AddLogger(NullLogger.Instance)
            .AddJob(ShortJob().WithToolchain(InProcessEmitToolchain.Instance));
    }

    private static Job ShortJob()
    {
        var (job, clock) = (Job.Default.WithWarmupCount(WarmUps).WithIterationCount(Iterations).WithIterationTime(IterationTime), new ThreadClock());
        return clock.IsAvailable ? job.WithClock(clock) : job;
    }

    private static BenchmarkRunInfo LimitRun(string limit) =>
        BenchmarkConverter.MethodsToBenchmarks(typeof(MachineLimits), [typeof(MachineLimits).GetMethod(limit, BindingFlags.Public | BindingFlags.Instance)!], Config());

    // Nanoseconds an operation, the median.
    private static Dictionary<string, double> Run(BenchmarkRunInfo run)
    {
        var summary = BenchmarkRunner.Run(run);
        if (summary.HasCriticalValidationErrors)
        {
            throw new InvalidOperationException(string.Join("; ", summary.ValidationErrors.Select(error => error.Message)));
        }

        return summary.Reports.ToDictionary(
            report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name,
            report => report.ResultStatistics?.Median
                ?? throw new InvalidOperationException($"{report.BenchmarkCase.Descriptor.WorkloadMethod.Name} did not run: {string.Join("; ", report.ExecuteResults.SelectMany(result => result.Errors))}"),
            StringComparer.Ordinal);
    }
}
