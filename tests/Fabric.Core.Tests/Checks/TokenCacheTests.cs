using System.Runtime.InteropServices;
using System.Text;
using Fabric.Core.Checks;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Xunit.Abstractions;
using static Fabric.Core.Tests.Checks.CheckFixture;

namespace Fabric.Core.Tests.Checks;

public sealed class TokenCacheTests(ITestOutputHelper output)
{
    [Fact]
    public void The_cache_keeps_to_its_bounds_and_to_what_is_used()
    {
        var fabric = new CheckFixture(limits: new CheckLimits(TokensMax: 8));
        var favourite = fabric.Issue();
        for (var i = 0; i < 40; i++)
        {
            fabric.Allows(favourite);
            fabric.Allows(fabric.Issue());
            Assert.InRange(fabric.Pipeline.CachedTokens, 1, 8);
        }

        // Verifying costs a new fingerprint and claims; a hit costs nothing.
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(fabric.Check(favourite).Allowed);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        var small = new CheckFixture(limits: new CheckLimits(TokenBytesMax: 6_000));
        for (var i = 0; i < 10; i++)
        {
            small.Allows(small.Issue());
            Assert.InRange(small.Pipeline.CachedBytes, 1, 6_000);
        }
    }

    [Fact]
    public void What_is_added_stays_until_it_is_removed()
    {
        var random = new Random((int)Seeded.Seed(output));
        var fingerprinter = new Fingerprinter(new byte[32]);
        var cache = new TokenCache(fingerprinter, CheckLimits.Default);
        var fabric = new CheckFixture();
        var (claims, key) = (fabric.Claims(), fabric.Keys.FindKey("acme-1")!);
        var held = new Dictionary<string, CachedToken>(StringComparer.Ordinal);
        for (var step = 0; step < 5_000; step++)
        {
            if (random.Next(5) < 3 || held.Count == 0)
            {
                var text = string.Create(100, random, static (span, r) => r.GetItems("abcdefgh", span));
                held[text] = Add(text);
                Assert.Same(held[text], Add(text));
            }
            else
            {
                var (text, token) = held.ElementAt(random.Next(Math.Min(held.Count, 50)));
                cache.Remove(token);
                cache.Remove(token);
                held.Remove(text);
                Assert.NotSame(token, held[text] = Add(text));
            }
        }

        Assert.Equal(held.Count, cache.Count);
        foreach (var (text, token) in held)
        {
            Assert.Same(token, Add(text));
            cache.Remove(token);
        }

        Assert.Equal((0, 0L), (cache.Count, cache.Bytes));

        // A place of a few bits makes runs and wrap-arounds in the table.
        CachedToken Add(string text)
        {
            ref var first = ref MemoryMarshal.GetReference(text.AsSpan());
            var fingerprint = fingerprinter.Of<char, Utf16Text>(ref first, text.Length);
            var token = cache.Blank().Become(claims, key, 0, fingerprint, Fingerprinter.Place<char, Utf16Text>(ref first, text.Length) % 500 * 31);
            return cache.Add(token, fingerprint, Start.UnixMs);
        }
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public void What_has_expired_goes_as_others_come()
    {
        const int Lifetime = 60;
        var fabric = new CheckFixture();
        var (first, longer) = (Minute(), fabric.Issue(fabric.Claims() with { ExpiresAt = Start + TimeSpan.FromHours(1) }));
        fabric.Allows(first);
        fabric.Allows(longer);
        for (var second = 1; second <= 10 * Lifetime; second++)
        {
            fabric.Advance(1_000);
            fabric.Allows(Minute());
            Assert.InRange(fabric.Pipeline.CachedTokens, Math.Min(second, Lifetime), 2 * Lifetime);
        }

        Assert.Null(fabric.Pipeline.ClaimsOf(first));
        Assert.NotNull(fabric.Pipeline.ClaimsOf(longer));

        string Minute() => fabric.Issue(fabric.Claims() with { IssuedAt = fabric.Moment.Now, ExpiresAt = fabric.Moment.Now + TimeSpan.FromSeconds(Lifetime) });
    }

    [Fact]
    public void Ten_thousand_checks_of_seen_tokens_allocate_nothing()
    {
        var quota = new QuotaRef(new Handle(1, 1), 1_000_000, 0);
        var fabric = new CheckFixture(new CheckRules(Tenant: "acme", TenantHandle: HandleOf("acme"), Audience: "tools", Environment: "prod"));
        fabric.Quotas.Add(quota, 100_000, 0, 0, 0);
        var tokens = Enumerable.Range(0, 100).Select(i => fabric.Issue(fabric.Claims("acme", Entry(action: "read"), Entry("airline", "up*te", "r*/*", quotas: quota)))).ToArray();
        var utf8 = tokens.Select(Encoding.ASCII.GetBytes).ToArray();
        void Round(int i)
        {
            var call = i % 2 == 0 ? Reading : Writing;
            Assert.True(fabric.Pipeline.Check(tokens[i % 100], call, fabric.Rules, CheckBasis.Alone, out _).Allowed);
            Assert.True(fabric.Pipeline.Check(utf8[i % 100], call, fabric.Rules, CheckBasis.MayAsk, out _).Allowed);
            if (i % 1000 == 0)
            {
                fabric.Index.Apply(new IndexRecord(new Handle(9, (ulong)i), NodeKind.Session, 1, default, Start), fabric.Index.Revision + 1);
            }
        }

        // Twice: each token sees both kinds of call, and what is compiled late is compiled.
        for (var i = 0; i < 402; i++)
        {
            Round(i);
            Round(i + 1);
        }

        fabric.Index.Apply(new IndexRecord(new Handle(9, 0), NodeKind.Session, 1, default, Start), fabric.Index.Revision + 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            var call = i % 2 == 0 ? Reading : Writing;
            if (!fabric.Pipeline.Check(tokens[i % 100], call, fabric.Rules, CheckBasis.Alone, out _).Allowed)
            {
                throw new InvalidOperationException("denied");
            }
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Checks_of_many_threads_are_counted_exactly_while_they_are_drained()
    {
        var fabric = new CheckFixture(limits: new CheckLimits(TokensMax: 20));
        var tokens = Enumerable.Range(0, 30).Select(_ => fabric.Issue()).ToArray();
        var counted = 0L;
        var checkers = Enumerable.Range(0, 4).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 3_000; i++)
            {
                var call = Reading with { Resource = $"reservation/{i % 13}" };
                Assert.True(fabric.Pipeline.Check(tokens[(i + t) % tokens.Length], call, fabric.Rules, CheckBasis.Alone, out _).Allowed);
            }
        })).ToArray();
        var done = Task.WhenAll(checkers);
        while (!done.IsCompleted)
        {
            counted += Drain(fabric);
        }

        // What the loop had no time for may be more than one drain takes.
        for (long drained; (drained = Drain(fabric)) > 0;)
        {
            counted += drained;
        }

        Assert.True(done.IsCompletedSuccessfully, done.Exception?.ToString());
        Assert.Equal((12_000L, 0), (counted, fabric.Usage.Lines));
    }

    private static long Drain(CheckFixture fabric)
    {
        var samples = fabric.Usage.Drain(500);
        Assert.All(samples, sample => Assert.True(sample.Count > 0));
        fabric.Usage.Release(samples.Count);
        return samples.Sum(sample => sample.Count);
    }
}
