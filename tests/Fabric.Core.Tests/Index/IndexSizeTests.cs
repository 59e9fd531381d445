using Fabric.Core.Index;
using Fabric.Core.Lineages;
using static Fabric.Core.Tests.Index.IndexFixture;

namespace Fabric.Core.Tests.Index;

/// <summary>Counts bytes of the whole heap, so nothing else runs meanwhile.</summary>
[Collection(HeapAlone.Name)]
public sealed class IndexSizeTests
{
    [Fact]
    public void A_record_takes_at_most_48_bytes_all_the_way_from_one_to_two_million()
    {
        var random = new Random(21);
        var index = new RevocationIndex(Seed);
        var batch = new IndexRecord[20_000];
        for (var count = 0; count < 2_000_000; count += batch.Length)
        {
            foreach (ref var record in batch.AsSpan())
            {
                record = Revoked(HandleAt(random));
            }

            Assert.Equal(batch.Length, index.ApplyBatch(batch, (ulong)count));
            if (index.Count >= 1_000_000)
            {
                Assert.True(index.Bytes <= 48L * index.Count, $"{(double)index.Bytes / index.Count:F1} bytes a record at {index.Count:N0}");
            }
        }

        Assert.Equal(2_000_000, index.Count);
        Assert.InRange(index.LongestSearch(), 1, 14);
    }

    [Fact]
    public void Bytes_are_what_the_collector_counts()
    {
        var random = new Random(22);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var index = new RevocationIndex(Seed);
        for (var i = 0; i < 300_000; i++)
        {
            index.Apply(Revoked(HandleAt(random)), 1);
        }

        var counted = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(index.Bytes, 0.75 * counted, double.MaxValue);
        GC.KeepAlive(index);
    }

    [Theory]
    [InlineData("counted in the low word")]
    [InlineData("counted in the high word")]
    [InlineData("counted in the highest bits")]
    [InlineData("both words alike")]
    [InlineData("one bit apart")]
    [InlineData("all in one shard of another process")]
    [Trait("Invariant", "B1")]
    public void Chosen_handles_build_no_chains(string choice)
    {
        Func<int, Handle> chosen = choice switch
        {
            "counted in the low word" => i => new Handle(0, (ulong)i),
            "counted in the high word" => i => new Handle((ulong)i, 0),
            "counted in the highest bits" => i => new Handle((ulong)i << 48, (ulong)i << 50),
            "both words alike" => i => new Handle((ulong)i, (ulong)i),
            "one bit apart" => i => new Handle(1UL << (i % 64), 1UL << (i / 64 % 64)),
            _ => OneShard(4_096).ElementAt,
        };
        var index = new RevocationIndex(Seed ^ ((UInt128)0x5DEECE66D << 40));
        foreach (var i in Enumerable.Range(0, choice.StartsWith("all", StringComparison.Ordinal) ? 4_096 : 50_000))
        {
            index.Apply(Revoked(chosen(i)), 1);
        }

        Assert.InRange(index.LongestSearch(), 1, 8);
    }
}
