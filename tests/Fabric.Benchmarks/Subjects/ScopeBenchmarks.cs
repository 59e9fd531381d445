using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;
using Fabric.Core.Scopes;

namespace Fabric.Benchmarks.Subjects;

/// <summary>A call held against the scopes of a task.</summary>
[Limit(nameof(MachineLimits.HashBlock))]
public class ScopeBenchmarks
{
    private readonly ScopeSet _scopes = Sample.ScopesOf(4_711);
    private readonly ScopeSet _same = Sample.ScopesOf(4_711);
    private readonly ToolCall _allowed = new("docs.search", "search", "index/12", ActionClass.Read);
    private readonly ToolCall _denied = new("crm.update", "call", "customer/4712", ActionClass.Write);

    /// <summary>Allowed by the last of three entries: its number.</summary>
    [Benchmark]
    public int MatchAllowed() => _scopes.Match(_allowed, null, Sample.Now).EntryIndex;

    /// <summary>Denied by all of them.</summary>
    [Benchmark]
    public int MatchDenied() => _scopes.Match(_denied, null, Sample.Now).EntryIndex;

    /// <summary>Whether a set is within an equal one that is another object.</summary>
    [Benchmark]
    public int Narrow() => _same.IsSubsetOf(_scopes) ? 1 : 0;
}
