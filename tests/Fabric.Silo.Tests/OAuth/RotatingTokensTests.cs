using System.Text;
using Fabric.Silo.OAuth;
using Fabric.Testing;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Tokens that are replaced at their use (docs/decisions/0040).</summary>
public sealed class RotatingTokensTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void The_newest_alone_is_good_and_the_one_before_tells_its_successor_once_more_for_a_moment()
    {
        var tokens = Of("test");
        var first = tokens.Begin("a");
        var (second, next) = tokens.Next(first, "a");
        Assert.Equal((TokenUse.Current, TokenUse.JustReplaced, TokenUse.Reused), (tokens.UseOf(second, next), tokens.UseOf(second, "a"), tokens.UseOf(second, "b")));
        _time.Advance(RotatingTokens.Grace);
        Assert.Equal((second, next), tokens.Next(second, "a"));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((TokenUse.Current, TokenUse.Reused), (tokens.UseOf(second, next), tokens.UseOf(second, "a")));

        // Once the successor was used, there is no way back.
        var (third, last) = tokens.Next(second, next);
        Assert.Equal((TokenUse.Current, TokenUse.JustReplaced, TokenUse.Reused), (tokens.UseOf(third, last), tokens.UseOf(third, next), tokens.UseOf(third, "a")));
    }

    [Fact]
    public void A_token_whose_moment_runs_out_between_the_look_and_the_use_makes_no_other_successor()
    {
        var tokens = Of("test");
        var (chain, next) = tokens.Next(tokens.Begin("a"), "a");
        Assert.Equal(TokenUse.JustReplaced, tokens.UseOf(chain, "a"));
        _time.Advance(TimeSpan.FromMinutes(1));

        // The one that its holder has by now stays the newest.
        Assert.Equal((chain, next), tokens.Next(chain, "a"));
        Assert.Equal(TokenUse.Current, tokens.UseOf(chain, next));
    }

    [Fact]
    public void A_successor_is_made_of_the_token_the_salt_and_the_purpose_and_of_nothing_less()
    {
        var tokens = Of("test");
        var (chain, next) = tokens.Next(tokens.Begin("a"), "a");
        Assert.Equal(next, tokens.Next(chain, "a").Token);
        Assert.NotEqual(next, tokens.Next(chain, "b").Token);
        Assert.NotEqual(next, Of("another").Next(chain, "a").Token);
        Assert.NotEqual(next, tokens.Next(chain with { Salt = "x" }, "a").Token);
        Assert.NotEqual(next, tokens.Next(tokens.Begin("a"), "a").Token);
        Assert.DoesNotContain(next, chain.ToString(), StringComparison.Ordinal);
    }

    private RotatingTokens Of(string purpose) => new(purpose, Encoding.ASCII.GetBytes, (_, secret) => Convert.ToHexString(secret), _time);
}
