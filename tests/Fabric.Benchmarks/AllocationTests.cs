using Fabric.Benchmarks.Baselines;
using Fabric.Benchmarks.Running;

namespace Fabric.Benchmarks;

/// <summary>The part of the benchmarks that is exact on every machine: what they allocate. It also runs each of them, so that none rots.</summary>
public sealed class AllocationTests
{
    // A debug build makes some objects that optimised code does without. Where the baseline has none, there is none in any build.
    private const double DebugShare = 1.25;

    private static readonly Baseline Committed = Baseline.Read(Baseline.CommittedPath);

    private static object? _kept;

    public static TheoryData<string> Names => [.. Subject.All.Select(subject => subject.Name)];

    [Fact]
    public void The_baseline_has_every_benchmark_and_no_other() =>
        Assert.Equal(Subject.All.Select(subject => (subject.Name, subject.Limit)), Committed.Benchmarks.Select(each => (each.Key, each.Value.Limit)));

    [Theory]
    [MemberData(nameof(Names))]
    public void It_allocates_no_more_than_in_the_baseline(string name)
    {
        var subject = Subject.All.Single(each => each.Name == name);

        var bytes = AllocationMeter.BytesPerOperation(subject.Prepare(), subject.Operations);

        var committed = Committed.Benchmarks[name];
        var allowed = Subject.IsDebugBuild ? Math.Floor(committed.AllocatedBytes * DebugShare) : BaselineJudge.AllowedBytes(committed);
        Assert.True(bytes <= allowed, $"{name} allocates {bytes:N0} bytes an operation instead of {allowed:N0}; where that is meant: dotnet run -c Release --project tests/Fabric.Benchmarks -- compare --update");
    }

    [Fact]
    public void The_meter_counts_what_is_allocated_to_the_byte()
    {
        Assert.Equal(0, AllocationMeter.BytesPerOperation(() => 1, 1));
        Assert.Equal(24, AllocationMeter.BytesPerOperation(() => Keep(new object()), 1));
        Assert.Equal(13, AllocationMeter.BytesPerOperation(() => Keep(new byte[8]) + Keep(new byte[1]), 5));
    }

    // What nobody keeps need not be allocated.
    private static int Keep(object made)
    {
        _kept = made;
        return _kept is null ? 0 : 1;
    }
}
