using System.Text.Json.Nodes;

namespace Fabric.Silo.Tests.OAuth.Public;

/// <summary>Where answers to a client without a secret go, which is all that such a client is: what its document names, and the port that its system gave it.</summary>
public sealed class PublicRedirectTests(DocumentServer documents) : IClassFixture<DocumentServer>
{
    [Theory]
    [InlineData("http://127.0.0.1:51234/cb")]
    [InlineData("http://127.0.0.1:1/cb")]
    [InlineData("http://[::1]:51234/cb")]
    public async Task A_loopback_address_has_the_port_that_the_system_gave_and_the_code_is_for_that_one(string redirect)
    {
        await using var app = await PublicApp.StartAsync(documents);
        using var browser = new Browser(documents.Server);
        var page = await browser.OpenAsync(app.Path(("redirect_uri", redirect)), app.User, CodeClient.Password);
        Assert.Contains("your own computer", page.Text, StringComparison.Ordinal);
        var answer = await browser.SubmitAsync(page, "/consent", ("decision", "approve"));
        Assert.StartsWith(redirect + "?code=", answer.Location, StringComparison.Ordinal);
        (await app.RedeemAsync(answer["code"]!, ("redirect_uri", redirect))).Ok();

        var code = await app.CodeAsync(("redirect_uri", redirect));
        (await app.RedeemAsync(code, ("redirect_uri", redirect.Replace("/cb", "/cb2", StringComparison.Ordinal).Replace("51234", "51235", StringComparison.Ordinal)))).Refused("invalid_grant");
        (await app.RedeemAsync(code, ("redirect_uri", redirect))).Refused("invalid_grant");
    }

    [Theory]
    [InlineData("http://127.0.0.1.evil.com/cb")]
    [InlineData("http://127.0.0.1.evil.com:51234/cb")]
    [InlineData("http://127.0.0.1@evil.com/cb")]
    [InlineData("http://127.0.0.1:51234@evil.com/cb")]
    [InlineData("http://evil.com@127.0.0.1/cb")]
    [InlineData("http://127.0.0.1:@evil.com/cb")]
    [InlineData("http://127.0.0.1\\@evil.com/cb")]
    [InlineData("http://127.0.0.1%2eevil.com/cb")]
    [InlineData("http://127.0.0.1:51234/cb#x")]
    [InlineData("http://127.0.0.1:51234/cb?x=1")]
    [InlineData("http://127.0.0.1:51234/cb/")]
    [InlineData("http://127.0.0.1:51234/CB")]
    [InlineData("http://127.0.0.1:51234/a/../cb")]
    [InlineData("http://127.0.0.1:51234//cb")]
    [InlineData("http://127.0.0.1:0/cb")]
    [InlineData("http://127.0.0.1:65536/cb")]
    [InlineData("http://127.0.0.1:+80/cb")]
    [InlineData("http://127.0.0.1:/cb")]
    [InlineData("http://127.0.0.1:80:80/cb")]
    [InlineData("http://127.0.0.2/cb")]
    [InlineData("http://127.1/cb")]
    [InlineData("http://2130706433/cb")]
    [InlineData("http://0177.0.0.1/cb")]
    [InlineData("http://0.0.0.0/cb")]
    [InlineData("http://[::ffff:127.0.0.1]/cb")]
    [InlineData("http://[0:0:0:0:0:0:0:1]:1234/cb")]
    [InlineData("https://127.0.0.1/cb")]
    [InlineData("HTTP://127.0.0.1/cb")]
    [InlineData("http://localhost/cb")]
    [InlineData("http://localhost:51234/cb")]
    [InlineData("http://LOCALHOST/cb")]
    [InlineData("app.example:/cb")]
    [InlineData("https://app.example:8443/cb")]
    [InlineData("https://app.example:443/cb")]
    [InlineData("https://app.example/cb?x=1")]
    [InlineData("https://app.example.evil.com/cb")]
    [InlineData("https://app.example@evil.com/cb")]
    [InlineData("https://APP.example/cb")]
    [InlineData("http://app.example/cb")]
    [InlineData("https://app.example/cb2")]
    public async Task What_the_document_does_not_name_gets_no_answer_and_no_error_either(string redirect)
    {
        await using var app = await PublicApp.StartAsync(documents);
        using var browser = new Browser(documents.Server);
        foreach (var method in (string[])["S256", "plain"])
        {
            var page = await browser.GetAsync(app.Path(("redirect_uri", redirect), ("code_challenge_method", method)));
            Assert.Equal((400, null), (page.Status, page.Location));
        }
        (await app.PostAsync(
            "par", ("response_type", "code"), ("redirect_uri", redirect), ("code_challenge", CodeClient.Challenge), ("code_challenge_method", "S256"))).Refused("invalid_request");
    }

    [Fact]
    public async Task A_document_whose_answers_could_go_nowhere_is_none()
    {
        await using var app = await PublicApp.StartAsync(documents);
        app.Document["redirect_uris"] = new JsonArray("http://localhost/cb", "app.example:/cb");
        using var browser = new Browser(documents.Server);
        Assert.Equal(503, (await browser.GetAsync(app.Path(("redirect_uri", "http://localhost/cb")))).Status);
    }
}
