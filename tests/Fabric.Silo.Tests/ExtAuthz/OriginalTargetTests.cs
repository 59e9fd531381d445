using Fabric.Silo.ExtAuthz;

namespace Fabric.Silo.Tests.ExtAuthz;

/// <summary>A target is read in one way or not at all.</summary>
public sealed class OriginalTargetTests
{
    [Theory]
    [InlineData("/", "", true)]
    [InlineData("/?q=1", "", true)]
    [InlineData("/a", "a", false)]
    [InlineData("/a/b?x=../..&y=%2F//", "a|b", false)]
    [InlineData("/a/b/", "a|b", true)]
    [InlineData("/a%20b/%C3%A4", "a b|ä", false)]
    [InlineData("/...", "...", false)]
    [InlineData("/.a/b.", ".a|b.", false)]
    [InlineData("/a:b@c/(d)*e,+f=g'h!", "a:b@c|(d)*e,+f=g'h!", false)]
    public void A_plain_target_is_its_segments(string target, string segments, bool endsInSlash)
    {
        var read = OriginalTarget.Read(target);
        Assert.NotNull(read);
        Assert.Equal((segments, endsInSlash), (string.Join('|', read.Segments), read.EndsInSlash));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("*")]
    [InlineData("http://host/a")]
    [InlineData("//host/a")]
    [InlineData("/a//b")]
    [InlineData("/a//")]
    [InlineData("//")]
    [InlineData("/.")]
    [InlineData("/..")]
    [InlineData("/a/../b")]
    [InlineData("/a/./b")]
    [InlineData("/a/..")]
    [InlineData("/a/../")]
    [InlineData("/a/%2e%2e/b")]
    [InlineData("/a/.%2e/b")]
    [InlineData("/a/%2E/b")]
    [InlineData("/a%2Fb")]
    [InlineData("/a%2fb")]
    [InlineData("/a%5Cb")]
    [InlineData("/a\\b")]
    [InlineData("/a\\..\\b")]
    [InlineData("/a%252Fb")]
    [InlineData("/a%25")]
    [InlineData("/a%00b")]
    [InlineData("/a%0d%0ab")]
    [InlineData("/a%7F")]
    [InlineData("/a%3Fb")]
    [InlineData("/a%23b")]
    [InlineData("/a;x=1/b")]
    [InlineData("/a%3Bx/b")]
    [InlineData("/a/..;/b")]
    [InlineData("/a#b")]
    [InlineData("/a?b#c")]
    [InlineData("/a%")]
    [InlineData("/a%2")]
    [InlineData("/a%zz")]
    [InlineData("/a%u002f")]
    [InlineData("/%C0%AF")]
    [InlineData("/%E0%80%AF")]
    [InlineData("/%FF")]
    [InlineData("/%ED%A0%80")]
    [InlineData("/a b")]
    [InlineData("/a\tb")]
    [InlineData("/ä")]
    [InlineData("/a\u0000")]
    [InlineData("/a|b")]
    [InlineData("/a\"b")]
    [InlineData("/<a>")]
    [InlineData("/{a}")]
    [InlineData("/a^b`c")]
    public void A_target_that_readers_differ_over_is_not_read(string target) => Assert.Null(OriginalTarget.Read(target));

    [Fact]
    [Trait("Invariant", "B1")]
    public void A_target_past_its_limits_is_not_read()
    {
        Assert.NotNull(OriginalTarget.Read("/" + new string('a', OriginalTarget.CharsMax - 1)));
        Assert.Null(OriginalTarget.Read("/" + new string('a', OriginalTarget.CharsMax)));
        Assert.NotNull(OriginalTarget.Read(string.Concat(Enumerable.Repeat("/a", 64))));
        Assert.Null(OriginalTarget.Read(string.Concat(Enumerable.Repeat("/a", 65))));
    }

    /// <summary>Whatever is read, reads back as the same segments when it is written with the plainest escapes.</summary>
    [Fact]
    public void What_is_read_has_no_second_reading()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        const string letters = "ab/.%;\\2FfeE5c0 ?#ä:*";
        for (var round = 0; round < 50_000; round++)
        {
            var target = "/" + new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)])]);
            if (OriginalTarget.Read(target) is not { } read)
            {
                continue;
            }
            Assert.True(Array.TrueForAll(read.Segments, each => each is not ("" or "." or "..") && !each.Any("/\\;?#%".Contains)), $"seed {seed}: {target}");
            var again = OriginalTarget.Read("/" + string.Join('/', read.Segments.Select(Uri.EscapeDataString)) + (read.EndsInSlash && read.Segments.Length > 0 ? "/" : ""));
            Assert.True(again is not null && again.Segments.SequenceEqual(read.Segments) && again.EndsInSlash == read.EndsInSlash, $"seed {seed}: {target}");
        }
    }
}
