using System.Text.Json.Nodes;

namespace Fabric.Silo.Tests.OAuth.Public;

/// <summary>Clients whose document says today that they prove themselves by a key, tomorrow that they do by nothing, and back: what was given in one way is worth nothing in the other (docs/decisions/0057).</summary>
public sealed class MethodSwitchTests(DocumentServer documents) : IClassFixture<DocumentServer>, IDisposable
{
    private const string JwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private readonly SigningClient _key = new();

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task A_refresh_token_of_a_client_with_a_key_is_not_refreshed_by_its_name()
    {
        await using var app = await PublicApp.StartAsync(documents);
        app.SwitchTo(_key);
        var first = (await SignedAsync(app, [("grant_type", "authorization_code"), ("code", await app.CodeAsync()), ("redirect_uri", PublicApp.Redirect), ("code_verifier", CodeClient.Verifier)])).Ok();
        var token = first.Text("refresh_token")!;
        (await app.RefreshAsync(token)).Refused("invalid_client", 401);

        app.SwitchTo(null);
        (await app.RefreshAsync(token)).Refused("invalid_grant");
        (await SignedAsync(app, Refresh(token))).Refused("invalid_client", 401);
        Assert.True(await app.IsAllowedAsync(first.Token));

        app.SwitchTo(_key);
        (await SignedAsync(app, Refresh(token))).Ok();
    }

    [Fact]
    public async Task A_refresh_token_of_a_client_without_a_secret_is_not_refreshed_by_a_key()
    {
        await using var app = await PublicApp.StartAsync(documents);
        var first = await app.StartSessionAsync();
        var token = first.Text("refresh_token")!;
        app.SwitchTo(_key);
        (await app.RefreshAsync(token)).Refused("invalid_client", 401);
        (await SignedAsync(app, Refresh(token))).Refused("invalid_grant");
        Assert.True(await app.IsAllowedAsync(first.Token));

        app.SwitchTo(null);
        (await app.RefreshAsync(token)).Ok();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_code_is_shown_in_the_way_that_the_user_was_told_of(bool isByKeyFirst)
    {
        await using var app = await PublicApp.StartAsync(documents);
        app.SwitchTo(isByKeyFirst ? _key : null);
        using var browser = new Browser(documents.Server);
        await browser.OpenAsync(app.Path(), app.User, CodeClient.Password);

        // The copy of the document ends while the code stands.
        documents.Server.Time.Advance(TimeSpan.FromSeconds(50));
        var answer = await browser.SubmitAsync(await browser.GetAsync(app.Path()), "/consent", ("decision", "approve"));
        app.Document["token_endpoint_auth_method"] = isByKeyFirst ? "none" : "private_key_jwt";
        app.Document["jwks"] = new JsonObject { ["keys"] = new JsonArray(Named()) };
        documents.Server.Time.Advance(TimeSpan.FromSeconds(15));
        (string, string?)[] form = [("grant_type", "authorization_code"), ("code", answer["code"]!), ("redirect_uri", PublicApp.Redirect), ("code_verifier", CodeClient.Verifier)];
        (isByKeyFirst ? await app.PostAsync("token", form) : await SignedAsync(app, form)).Refused("invalid_grant");
        (isByKeyFirst ? await SignedAsync(app, form) : await app.PostAsync("token", form)).Refused("invalid_client", 401);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_form_that_was_shown_for_the_one_is_no_yes_to_the_other(bool isByKeyFirst)
    {
        await using var app = await PublicApp.StartAsync(documents);
        app.SwitchTo(isByKeyFirst ? _key : null);
        using var browser = new Browser(documents.Server);
        var page = await browser.OpenAsync(app.Path(), app.User, CodeClient.Password);
        Assert.Equal(!isByKeyFirst, page.Text.Contains("keeps no secret", StringComparison.Ordinal));
        app.SwitchTo(isByKeyFirst ? null : _key);
        var answer = await browser.SubmitAsync(page, "/consent", ("decision", "approve"));
        Assert.Equal((403, null), (answer.Status, answer.Location));
    }

    [Fact]
    public async Task A_request_that_was_pushed_with_a_key_does_not_go_on_without()
    {
        await using var app = await PublicApp.StartAsync(documents);
        app.SwitchTo(_key);
        var pushed = await SignedAsync(
            app, [("response_type", "code"), ("redirect_uri", PublicApp.Redirect), ("code_challenge", CodeClient.Challenge), ("code_challenge_method", "S256"), ("scope", "mail:send")], "par");
        Assert.Equal(201, pushed.Status);
        var path = $"/tenants/{app.Tenant}/oauth/authorize?client_id={Uri.EscapeDataString(app.Url)}&request_uri={pushed.Text("request_uri")}";
        app.SwitchTo(null);
        using var browser = new Browser(documents.Server);
        Assert.Equal((400, null), await browser.GetAsync(path) is var page ? (page.Status, page.Location) : default);
    }

    private JsonObject Named()
    {
        var jwk = _key.Jwk;
        (jwk["kid"], jwk["alg"]) = ("k1", "ES256");
        return jwk;
    }

    private static (string, string?)[] Refresh(string token) => [("grant_type", "refresh_token"), ("refresh_token", token)];

    private Task<OAuthReply> SignedAsync(PublicApp app, (string Name, string? Value)[] fields, string endpoint = "token")
    {
        var assertion = _key.Assertion(
            new AgentClient(documents.Server, app.Tenant, app.AgentId, ""), claims => (claims["iss"], claims["sub"]) = (app.Url, app.Url), head => head["kid"] = "k1");
        return app.PostAsync(endpoint, [.. fields, ("client_assertion_type", JwtBearer), ("client_assertion", assertion)]);
    }
}
