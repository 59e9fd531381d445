using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Core.Tests.Tokens;

public sealed class ScopePoolTests
{
    [Fact]
    [Trait("Invariant", "S3")]
    public void A_set_is_found_by_its_exact_text_alone()
    {
        var pool = new ScopePool();
        var set = ScopeSet.Create([new ScopeEntry("crm.get", "call", "customer/1")]).Value;
        var text = set.Json.ToArray();
        Assert.Null(pool.Find(text));
        pool.Keep(set);
        Assert.Same(set, pool.Find(text));
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text.ToArray();
            changed[i]++;
            Assert.Null(pool.Find(changed));
            Assert.Null(pool.Find(text.AsSpan(0, i)));
        }

        Assert.Null(pool.Find([.. text, (byte)' ']));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void Past_its_bound_the_pool_starts_over()
    {
        var pool = new ScopePool();
        var sets = Enumerable.Range(0, 2_000).Select(i => ScopeSet.Create([.. Enumerable.Range(0, 32).Select(k => new ScopeEntry($"crm.get.{k}", "call", $"customer/{i}"))]).Value).ToArray();
        Assert.InRange(sets.Sum(set => set.Json.Length), ScopePool.TextBytesMax + 1, 2 * ScopePool.TextBytesMax);
        foreach (var set in sets)
        {
            pool.Keep(set);
            pool.Keep(set);
        }

        Assert.Null(pool.Find(sets[0].Json));
        Assert.Same(sets[^1], pool.Find(sets[^1].Json));
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public void Tokens_that_verified_share_the_set_of_one_text()
    {
        var (pool, token) = (new ScopePool(), TokenSamples.Sign(TokenSamples.Pair().Signer, TokenSamples.Claims));
        var (first, second) = (TokenReader.Parse(token, pool).Value.Claims, TokenReader.Parse(token, pool).Value.Claims);
        Assert.NotSame(first.Scopes, second.Scopes);

        // Reading alone holds nothing: a token that does not verify leaves no trace.
        pool.Keep(first.Scopes);
        Assert.Same(first.Scopes, TokenReader.Parse(token, pool).Value.Claims.Scopes);
        Assert.Equal(first, TokenReader.Parse(token).Value.Claims);
    }
}
