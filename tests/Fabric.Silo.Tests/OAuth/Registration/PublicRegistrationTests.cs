using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Checks;

namespace Fabric.Silo.Tests.OAuth.Registration;

/// <summary>Clients that register themselves as ones without a secret (`none` of RFC 7591 section 2): by the same list as those whose document says so (docs/decisions/0057).</summary>
public sealed class PublicRegistrationTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_client_without_a_secret_goes_through_with_its_id_alone_and_has_nothing_else()
    {
        var (registrar, user) = await Registrar.OfUserAsync(server);
        Assert.Contains("none", (await Registrar.MetadataAsync(server, registrar.Tenant)).GetProperty("token_endpoint_auth_methods_supported").EnumerateArray().Select(method => method.GetString()));
        var client = await registrar.ClientAsync(Public());
        Assert.Equal("none", client.Answer.GetProperty("token_endpoint_auth_method").GetString());
        Assert.False(client.Answer.TryGetProperty("client_secret", out _) || client.Answer.TryGetProperty("token_endpoint_auth_signing_alg", out _) || client.Answer.TryGetProperty("jwks", out _));

        var code = new CodeClient(client.Client, user);
        using var browser = new Browser(server);
        var page = await browser.OpenAsync(code.Path(), user, CodeClient.Password);
        Assert.Contains("keeps no secret", page.Text, StringComparison.Ordinal);
        var answer = await browser.SubmitAsync(page, "/consent", ("decision", "approve"));
        var first = (await RedeemAsync(client, answer["code"]!)).Ok();
        Assert.True(await IsAllowedAsync(first.Token));
        (await PostAsync(client, "token", ("grant_type", "client_credentials"))).Refused("unauthorized_client");
        (await PostAsync(client, "introspect", ("token", first.Token))).Refused("invalid_client", 401);
        (await PostAsync(client, "token", ("grant_type", "refresh_token"), ("refresh_token", first.Text("refresh_token")!), ("client_secret", "x"))).Refused("invalid_client", 401);

        var next = (await RefreshAsync(client, first)).Ok();
        (await RefreshAsync(client, first)).Refused("invalid_grant");
        Assert.False(await IsAllowedAsync(next.Token));
    }

    [Theory]
    [InlineData("client_credentials")]
    [InlineData("urn:ietf:params:oauth:grant-type:token-exchange")]
    [InlineData("urn:openid:params:grant-type:ciba")]
    public async Task It_registers_for_no_grant_that_is_closed_to_it(string grant)
    {
        var (registrar, _) = await Registrar.OfUserAsync(server, "authorization_code", "refresh_token", grant);
        var metadata = Public();
        metadata["grant_types"] = new JsonArray("authorization_code", grant);
        var refused = await registrar.RegisterAsync(metadata);
        Assert.Equal((400, "invalid_client_metadata"), (refused.Status, refused.Error));
        metadata["token_endpoint_auth_method"] = "client_secret_basic";
        var client = await registrar.ClientAsync(metadata);
        metadata["token_endpoint_auth_method"] = "none";
        Assert.Equal("invalid_client_metadata", (await client.UpdateAsync(metadata)).Error);
        (await PostAsync(client, "token", ("grant_type", grant))).Refused("invalid_client", 401);
    }

    [Fact]
    public async Task Keys_do_not_go_with_it_and_its_id_is_nobodys_in_another_tenant()
    {
        using var key = new SigningClient();
        var (registrar, user) = await Registrar.OfUserAsync(server);
        var metadata = Public();
        metadata["jwks"] = new JsonObject { ["keys"] = new JsonArray(key.Jwk) };
        Assert.Equal("invalid_client_metadata", (await registrar.RegisterAsync(metadata)).Error);
        var client = await registrar.ClientAsync(Public());
        var code = new CodeClient(client.Client, user);
        var first = (await RedeemAsync(client, await code.CodeAsync())).Ok();
        var elsewhere = await server.TenantAsync();
        (string, string)[] form = [("client_id", client.Id), ("grant_type", "refresh_token"), ("refresh_token", first.Text("refresh_token")!)];
        (await server.PostAsync(elsewhere, "token", null, form)).Refused("invalid_client", 401);
        foreach (var made in (string[])["dcr:", "dcr:" + new string('0', 32), client.Id + "0", client.Id.ToUpperInvariant(), ""])
        {
            (await server.PostAsync(registrar.Tenant, "token", null, [.. form.Where(field => field.Item1 != "client_id"), ("client_id", made)])).Refused("invalid_client", 401);
        }
        Assert.Equal(204, (await client.DeleteAsync()).Status);
        (await RefreshAsync(client, first)).Refused("invalid_client", 401);
    }

    [Fact]
    public async Task What_it_got_without_a_secret_is_worth_nothing_once_it_has_one_and_the_other_way_round()
    {
        var (registrar, user) = await Registrar.OfUserAsync(server);
        var client = await registrar.ClientAsync(Public());
        var first = (await RedeemAsync(client, await new CodeClient(client.Client, user).CodeAsync())).Ok();

        client = client.After(await client.UpdateAsync(Registrar.Application()));
        var secret = new CodeClient(client.Client, user);
        Assert.NotEqual("", client.Client.Secret);
        (await RefreshAsync(client, first)).Refused("invalid_client", 401);
        (await secret.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_grant");
        var second = (await secret.RedeemAsync(await secret.CodeAsync())).Ok();

        client = client.After(await client.UpdateAsync(Public()));
        (await secret.RefreshAsync(second.Text("refresh_token")!)).Refused("invalid_client", 401);
        (await RefreshAsync(client, second)).Refused("invalid_grant");
        (await RefreshAsync(client, first)).Ok();
        Assert.True(await IsAllowedAsync(second.Token));
    }

    private static JsonObject Public()
    {
        var metadata = Registrar.Application();
        metadata["token_endpoint_auth_method"] = "none";
        return metadata;
    }

    private Task<OAuthReply> PostAsync(Registered client, string endpoint, params (string Name, string Value)[] fields) =>
        server.PostAsync(client.Client.Tenant, endpoint, null, [("client_id", client.Id), .. fields]);

    private Task<OAuthReply> RedeemAsync(Registered client, string code) => PostAsync(
        client, "token", ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Registrar.Redirect), ("code_verifier", CodeClient.Verifier));

    private Task<OAuthReply> RefreshAsync(Registered client, OAuthReply of) => PostAsync(client, "token", ("grant_type", "refresh_token"), ("refresh_token", of.Text("refresh_token")!));

    private async Task<bool> IsAllowedAsync(string token) => (await server.Operator.CheckAsync(new CheckRequest(token, "mail", "send", "desk", "read")).OrThrow()).Allowed;
}
