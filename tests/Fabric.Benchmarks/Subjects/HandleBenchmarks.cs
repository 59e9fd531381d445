using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;
using Fabric.Core.Lineages;

namespace Fabric.Benchmarks.Subjects;

/// <summary>The handles of credentials, one by one and in the thousands that a leak has.</summary>
[Limit(nameof(MachineLimits.HashBlock))]
public class HandleBenchmarks
{
    private const int Many = 1_000;

    private readonly UInt128[] _ids = [.. Enumerable.Range(0, Many).Select(i => Sample.Handles.Mark(NodeKind.Credential, Sample.Tenant, (UInt128)(uint)i << 64))];
    private readonly Handle[] _handles = new Handle[Many];
    private int _next;

    /// <summary>The handle of one id.</summary>
    [Benchmark]
    public int OfId() => (int)Sample.Handles.OfId(NodeKind.Credential, Sample.Tenant, _ids[_next++ % Many]).Low;

    /// <summary>The handles of a thousand.</summary>
    [Benchmark(OperationsPerInvoke = Many)]
    public int OfIds()
    {
        Sample.Handles.OfIds(NodeKind.Credential, Sample.Tenant, _ids, _handles);
        return (int)_handles[^1].Low;
    }
}
