using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;
using Fabric.Core.Checks;

namespace Fabric.Benchmarks.Subjects;

/// <summary>Checks of tokens that were seen before and are anywhere in memory, text and all.</summary>
[Limit(nameof(MachineLimits.DependentAccess))]
public class RandomCheckBenchmarks
{
    private const int Tokens = 20_000;

    private CheckWorld _world = null!;
    private CheckPipeline _pipeline = null!;
    private ulong _state = 88172645463325252UL;

    /// <summary>All tokens, seen.</summary>
    [GlobalSetup]
    public void SetUp() => _pipeline = (_world = new CheckWorld(Tokens)).SeenPipeline();

    /// <summary>Any of the tokens.</summary>
    [Benchmark]
    public int AtRandom() => _world.Check(_pipeline, Draw.Below(ref _state, Tokens));
}
