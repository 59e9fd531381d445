using BenchmarkDotNet.Attributes;
using Fabric.Benchmarks.Limits;
using Fabric.Core.Index;
using Fabric.Core.Lineages;

namespace Fabric.Benchmarks.Subjects;

/// <summary>The revocation index: five nodes of a lineage looked up among many records, few enough for a processor's caches, and records put into it.</summary>
[Limit(nameof(MachineLimits.HashBlock))]
public class IndexBenchmarks
{
    private const int Records = 200_000;
    private const int Lineages = 4_096;
    private const int Inserted = 20_000;

    private readonly RevocationIndex _index = new(7);
    private readonly IndexRecord[] _records = new IndexRecord[Inserted];
    private readonly Lineage[] _alive = new Lineage[Lineages];
    private readonly Lineage[] _dead = new Lineage[Lineages];
    private ulong _state = 88172645463325252UL;

    /// <summary>An index with records, lineages of which it says nothing, and lineages whose credential it denies.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        for (var i = 0; i < Records; i++)
        {
            _index.Apply(Sample.RevokedOf(i), _index.Revision + 1);
        }

        for (var i = 0; i < Lineages; i++)
        {
            (_dead[i], _alive[i]) = (Sample.LineageOf(i * 40), Sample.LineageOf(Records + i));
        }

        for (var i = 0; i < Inserted; i++)
        {
            _records[i] = Sample.RevokedOf((2 * Records) + i);
        }

        if (LookUpAlive() != 0 || LookUpDead() != 1)
        {
            throw new InvalidOperationException("the index does not say what was put into it");
        }
    }

    /// <summary>A lineage of which no node is revoked.</summary>
    [Benchmark]
    public int LookUpAlive() => Verdict(_alive[Draw.Below(ref _state, Lineages)]);

    /// <summary>A lineage whose last node is revoked.</summary>
    [Benchmark]
    public int LookUpDead() => Verdict(_dead[Draw.Below(ref _state, Lineages)]);

    /// <summary>A new record, the index's growth included.</summary>
    [Benchmark(OperationsPerInvoke = Inserted)]
    public int Insert()
    {
        var index = new RevocationIndex(7);
        for (var i = 0; i < _records.Length; i++)
        {
            index.Apply(_records[i], (ulong)i + 1);
        }

        return index.Count;
    }

    private int Verdict(Lineage lineage) => _index.CheckLineage(lineage.Nodes, Sample.Now).Dead ? 1 : 0;
}
