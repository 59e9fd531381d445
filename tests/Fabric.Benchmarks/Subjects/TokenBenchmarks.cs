using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;
using Fabric.Core.Tokens;

namespace Fabric.Benchmarks.Subjects;

/// <summary>A token taken apart, without its signature.</summary>
[Limit(nameof(MachineLimits.HashBlock))]
public class TokenBenchmarks
{
    private byte[] _token = [];

    /// <summary>One token.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _token = new CheckWorld(1).TokenOf(0);
        if (Parse() == 0)
        {
            throw new InvalidOperationException("the token cannot be read");
        }
    }

    /// <summary>Its claims: how many nodes the lineage has.</summary>
    [Benchmark]
    public int Parse() => TokenReader.Parse(_token) is { IsOk: true } parsed ? parsed.Value.Claims.Lineage.Nodes.Length : 0;
}
