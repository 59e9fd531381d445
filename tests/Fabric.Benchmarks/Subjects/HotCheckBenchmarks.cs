using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;
using Fabric.Core.Checks;

namespace Fabric.Benchmarks.Subjects;

/// <summary>A check of a token that was seen before and is in the core's cache: computing alone.</summary>
[Limit(nameof(MachineLimits.HashBlock))]
public class HotCheckBenchmarks
{
    private CheckWorld _world = null!;
    private CheckPipeline _pipeline = null!;

    /// <summary>One token, seen.</summary>
    [GlobalSetup]
    public void SetUp() => _pipeline = (_world = new CheckWorld(1)).SeenPipeline();

    /// <summary>The same token again.</summary>
    [Benchmark]
    public int Hot() => _world.Check(_pipeline, 0);
}
