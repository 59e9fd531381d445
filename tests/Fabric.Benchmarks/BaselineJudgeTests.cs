using System.Text.Json;
using Fabric.Benchmarks.Baselines;

namespace Fabric.Benchmarks;

public sealed class BaselineJudgeTests
{
    private static readonly Dictionary<string, Measured> Known = new(StringComparer.Ordinal) { ["Check.Hot"] = new("HashBlock", 2, 0), ["Token.Parse"] = new("HashBlock", 40, 5_000) };

    [Fact]
    public void What_stays_as_it_was_or_gets_better_is_no_finding() =>
        Assert.Empty(BaselineJudge.Judge(Known, With(new("HashBlock", 2, 0), new("HashBlock", 4, 10))));

    [Fact]
    public void A_time_may_swing_within_the_tolerance_and_not_past_it()
    {
        Assert.Empty(BaselineJudge.Judge(Known, With(new("HashBlock", 2 * BaselineJudge.SlowerMax, 0))));

        var finding = Assert.Single(BaselineJudge.Judge(Known, With(new("HashBlock", (2 * BaselineJudge.SlowerMax) + 0.01, 0))));
        Assert.StartsWith("Check.Hot: takes", finding, StringComparison.Ordinal);
    }

    [Fact]
    public void One_byte_more_is_a_finding()
    {
        var finding = Assert.Single(BaselineJudge.Judge(Known, With(new("HashBlock", 2, 1))));

        Assert.Equal("Check.Hot: allocates 1 bytes instead of 0", finding);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(199, 199)]
    [InlineData(5_000, 5_025)]
    public void What_is_allowed_is_the_baseline_and_a_byte_in_two_hundred(long baseline, long allowed)
    {
        Assert.Equal(allowed, BaselineJudge.AllowedBytes(new Measured("HashBlock", 2, baseline)));
        Assert.Empty(BaselineJudge.Judge(Known, With(new("HashBlock", 2, 0), new("HashBlock", 40, 5_025))));
        Assert.Single(BaselineJudge.Judge(Known, With(new("HashBlock", 2, 0), new("HashBlock", 40, 5_026))));
    }

    [Fact]
    public void A_benchmark_that_took_no_time_or_no_number_is_not_taken_for_a_fast_one() =>
        Assert.Single(BaselineJudge.Judge(Known, With(new("HashBlock", double.NaN, 0))));

    [Fact]
    public void What_one_side_alone_knows_is_a_finding()
    {
        var now = With(new("HashBlock", 2, 0));
        now.Remove("Token.Parse");
        now["Index.Insert"] = new Measured("DependentAccess", 1, 0);

        Assert.Equal(["Index.Insert", "Token.Parse"], BaselineJudge.Judge(Known, now).Select(finding => finding[..finding.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Fact]
    public void A_benchmark_whose_limit_is_another_cannot_be_compared() =>
        Assert.Single(BaselineJudge.Judge(Known, With(new("DependentAccess", 0.1, 0))));

    [Fact]
    public void A_baseline_reads_what_it_wrote()
    {
        var baseline = new Baseline("a machine", "2026-01-31", new SortedDictionary<string, Measured>(Known, StringComparer.Ordinal));

        var read = Baseline.Parse(baseline.Format());

        Assert.Equal(baseline.Benchmarks, read.Benchmarks);
        Assert.Equal(("a machine", "2026-01-31"), (read.Machine, read.Date));
        Assert.ThrowsAny<JsonException>(() => Baseline.Parse("null"));
    }

    private static Dictionary<string, Measured> With(Measured hot, Measured? parse = null) =>
        new(StringComparer.Ordinal) { ["Check.Hot"] = hot, ["Token.Parse"] = parse ?? Known["Token.Parse"] };
}
