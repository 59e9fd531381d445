using Fabric.Core.Checks;

namespace Fabric.Core.Tests.Checks;

public sealed class ShortTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("customer/1")]
    [InlineData("exactly-24-characters-..")]
    public void A_short_text_is_itself_and_nothing_else(string text)
    {
        var held = ShortText.Of(text);
        Assert.Equal(text.Length, held.Length);
        Assert.True(held.Is(new string(text.AsSpan())));
        Assert.False(held.Is(text + "\0"));
        Assert.False(held.Is(text + "x"));
        for (var i = 0; i < text.Length; i++)
        {
            Assert.False(held.Is(text.Remove(i, 1)));
            Assert.False(held.Is(text.Remove(i, 1).Insert(i, "\u00ff")));
        }
    }

    [Fact]
    public void A_long_text_is_not_held_and_never_equal()
    {
        var text = new string('r', ShortText.LengthMax + 1);
        var held = ShortText.Of(text);
        Assert.Equal(ShortText.Long, held.Length);
        Assert.False(held.Is(text));
        Assert.False(held.Is(new string('r', ShortText.Long)));
    }
}
