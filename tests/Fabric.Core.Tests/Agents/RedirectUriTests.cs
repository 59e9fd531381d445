using Fabric.Core.Agents;

namespace Fabric.Core.Tests.Agents;

public sealed class RedirectUriTests
{
    [Theory]
    [InlineData("https://app.example/cb")]
    [InlineData("https://app.example/")]
    [InlineData("https://app.example:8443/a/b.c/~d?x=1&y=%2F")]
    [InlineData("https://a-b.c1.example/cb/")]
    [InlineData("https://10.0.0.1/cb")]
    [InlineData("https://app.example/c%20b")]
    [InlineData("http://127.0.0.1/cb")]
    [InlineData("http://127.0.0.1:49152/")]
    [InlineData("http://[::1]/cb")]
    [InlineData("http://[::1]:8080/cb?x")]
    public void These_may_be_registered(string uri) => Assert.True(RedirectUri.IsValid(uri));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("https://")]
    [InlineData("https:///cb")]
    [InlineData("https://app.example")]
    [InlineData("https://app.example?x=1")]
    [InlineData("https://app.example/cb#")]
    [InlineData("https://app.example/cb#x")]
    [InlineData("https://user@app.example/cb")]
    [InlineData("https://user:pass@app.example/cb")]
    [InlineData("https://@app.example/cb")]
    [InlineData("https://*.example/cb")]
    [InlineData("https://app.example/*")]
    [InlineData("https://APP.example/cb")]
    [InlineData("HTTPS://app.example/cb")]
    [InlineData("https://app..example/cb")]
    [InlineData("https://app.example./cb")]
    [InlineData("https://-app.example/cb")]
    [InlineData("https://äpp.example/cb")]
    [InlineData("https://app.example:0/cb")]
    [InlineData("https://app.example:/cb")]
    [InlineData("https://app.example:65536/cb")]
    [InlineData("https://app.example:080/cb")]
    [InlineData("https://app.example:443:1/cb")]
    [InlineData("https://app.example//cb")]
    [InlineData("https://app.example/a//b")]
    [InlineData("https://app.example/./cb")]
    [InlineData("https://app.example/a/..")]
    [InlineData("https://app.example/%2e%2e/cb")]
    [InlineData("https://app.example/a%2Fb")]
    [InlineData("https://app.example/a%5cb")]
    [InlineData("https://app.example/a%252e")]
    [InlineData("https://app.example/a%0d%0ab")]
    [InlineData("https://app.example/cb?x=%00")]
    [InlineData("https://app.example/a%")]
    [InlineData("https://app.example/a%2")]
    [InlineData("https://app.example/a%zz")]
    [InlineData("https://app.example\\cb")]
    [InlineData("https://app.example/cb?code=mine")]
    [InlineData("https://app.example/cb?x=1&STATE")]
    [InlineData("https://app.example/cb?%69ss=x")]
    [InlineData("https://app.example/cb?error=x")]
    [InlineData("http://app.example/cb")]
    [InlineData("http://localhost/cb")]
    [InlineData("http://127.0.0.1.example/cb")]
    [InlineData("http://127.1/cb")]
    [InlineData("http://[::1/cb")]
    [InlineData("http://[::2]/cb")]
    [InlineData("http://::1/cb")]
    [InlineData("https://[::1]/cb")]
    [InlineData("com.example.app:/cb")]
    [InlineData("javascript:alert(1)")]
    [InlineData("urn:ietf:wg:oauth:2.0:oob")]
    [InlineData("//app.example/cb")]
    public void These_may_not(string? uri) => Assert.False(RedirectUri.IsValid(uri));

    [Fact]
    public void A_uri_has_a_length_that_it_may_reach()
    {
        var most = "https://app.example/" + new string('a', RedirectUri.LengthMax - 20);
        Assert.True(RedirectUri.IsValid(most));
        Assert.False(RedirectUri.IsValid(most + "a"));
    }

    [Theory]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:9/cb", true)]
    [InlineData("http://127.0.0.1:80/cb", "http://127.0.0.1/cb", true)]
    [InlineData("http://[::1]:1/cb?x", "http://[::1]:2/cb?x", true)]
    [InlineData("http://127.0.0.1/cb", "http://[::1]/cb", false)]
    [InlineData("http://127.0.0.1/cb", "https://127.0.0.1:9/cb", false)]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:9/cb?x", false)]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:9/CB", false)]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:9:9/cb", false)]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:9@evil.example/cb", false)]
    [InlineData("https://app.example/cb", "https://app.example:443/cb", false)]
    [InlineData("https://app.example/cb", "https://app.example/cb", true)]
    public void A_presented_one_is_the_same_text_but_for_a_loopback_port(string registered, string presented, bool matches) =>
        Assert.Equal(matches, RedirectUri.Matches(registered, presented));
}
