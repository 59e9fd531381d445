using System.Text;
using System.Text.Json;
using Fabric.Client;
using Fabric.Contracts.Revocations;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Refresh tokens (RFC 6749 section 6, RFC 9700 section 4.14): of one session, one good at a time, and an alarm when there are two.</summary>
public sealed class RefreshTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    public async Task A_refresh_gives_a_new_credential_of_the_same_session_and_a_new_refresh_token()
    {
        var (client, first) = await StartAsync();
        var next = (await client.RefreshAsync(first.Text("refresh_token")!)).Ok();
        Assert.Equal(first.Text("session"), next.Text("session"));
        Assert.NotEqual(first.Token, next.Token);
        Assert.NotEqual(first.Text("refresh_token"), next.Text("refresh_token"));
        Assert.Equal("mail", next.Text("scope"));
        Assert.True(await client.IsLiveAsync(first.Token) && await client.IsLiveAsync(next.Token));
        (await client.RefreshAsync(next.Text("refresh_token")!)).Ok();
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task A_scope_may_only_narrow_and_a_refused_one_uses_nothing_up()
    {
        var (client, first) = await StartAsync();
        var token = first.Text("refresh_token")!;
        foreach (var scope in (string[])["files", "mail files", "*"])
        {
            (await client.RefreshAsync(token, ("scope", scope))).Refused("invalid_scope");
        }
        (await client.RefreshAsync(token, ("resource", "https://other.example"))).Refused("invalid_target");
        (await client.RefreshAsync(token, ("session", "x"))).Refused("invalid_request");
        var narrow = (await client.RefreshAsync(token, ("scope", "mail:send"))).Ok();
        Assert.Equal("mail:send", narrow.Text("scope"));
        Assert.Equal("mail", (await client.RefreshAsync(narrow.Text("refresh_token")!)).Ok().Text("scope"));
    }

    [Fact]
    public async Task A_lost_answer_can_be_asked_for_again_within_seconds_and_is_the_same()
    {
        var (client, first) = await StartAsync();
        var token = first.Text("refresh_token")!;
        var lost = (await client.RefreshAsync(token)).Ok();
        server.Time.Advance(TimeSpan.FromSeconds(9));
        var again = (await client.RefreshAsync(token)).Ok();
        Assert.Equal(lost.Text("refresh_token"), again.Text("refresh_token"));
        (await client.RefreshAsync(again.Text("refresh_token")!)).Ok();

        // Its successor was used, so the answer was not lost.
        (await client.RefreshAsync(token)).Refused("invalid_grant");
        Assert.False(await client.IsLiveAsync(first.Token));
    }

    [Fact]
    public async Task A_token_that_was_replaced_a_while_ago_ends_the_session()
    {
        var (client, first) = await StartAsync();
        var token = first.Text("refresh_token")!;
        var next = (await client.RefreshAsync(token)).Ok();
        server.Time.Advance(TimeSpan.FromSeconds(11));
        (await client.RefreshAsync(token)).Refused("invalid_grant");
        Assert.False(await client.IsLiveAsync(next.Token));
        (await client.RefreshAsync(next.Text("refresh_token")!)).Refused("invalid_grant");
        Assert.Equal("revoked", (await server.Operator.GetSessionAsync(first.Text("session")!).OrThrow()).Status);
    }

    [Fact]
    public async Task Side_by_side_uses_of_one_token_get_the_same_successor()
    {
        var (client, first) = await StartAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.RefreshAsync(first.Text("refresh_token")!)));
        Assert.Single(all.Select(reply => reply.Ok().Text("refresh_token")).Distinct());
        (await client.RefreshAsync(all[0].Text("refresh_token")!)).Ok();
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Another_client_that_has_a_token_ends_the_session_and_another_tenant_knows_of_none()
    {
        var (client, first) = await StartAsync();
        var stranger = await CodeClient.MakeAsync(server);
        (await stranger.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_grant");
        Assert.True(await client.IsLiveAsync(first.Token));
        var sibling = await CodeClient.MakeForAsync(server, client.Tenant, client.User);
        (await sibling.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_grant");
        Assert.False(await client.IsLiveAsync(first.Token));
    }

    [Fact]
    public async Task What_nobody_gave_out_is_no_refresh_token()
    {
        var (client, first) = await StartAsync();
        foreach (var made in (string[])["x", "fr.", "fr." + new string('A', 64), "fr." + new string('=', 64), first.Text("refresh_token") + "A", first.Token])
        {
            (await client.RefreshAsync(made)).Refused("invalid_grant");
        }
        (await server.PostAsync(client.Tenant, "token", client.Client.BasicHeader, ("grant_type", "refresh_token"))).Refused("invalid_request");
        (await server.PostAsync(client.Tenant, "token", null, ("grant_type", "refresh_token"), ("refresh_token", first.Text("refresh_token")!))).Refused("invalid_client", 401);
        Assert.True(await client.IsLiveAsync(first.Token));
    }

    [Fact]
    [Trait("Invariant", "S2")]
    public async Task A_refresh_token_ends_with_its_session()
    {
        var (client, first) = await StartAsync(("session_lifetime", "600"));
        server.Time.Advance(TimeSpan.FromSeconds(601));
        (await client.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_grant");

        var (other, second) = await StartAsync();
        await server.Operator.CompleteSessionAsync(second.Text("session")!).OrThrow();
        (await other.RefreshAsync(second.Text("refresh_token")!)).Refused("invalid_grant");

        var third = await CodeClient.MakeAsync(server, kind: "shared");
        var got = (await third.RedeemAsync(await third.CodeAsync())).Ok();
        await server.Operator.OffboardUserAsync(third.Tenant, third.User, new EndNode("left")).OrThrow();
        (await third.RefreshAsync(got.Text("refresh_token")!)).Refused("invalid_grant");
    }

    [Fact]
    public async Task A_bound_family_takes_the_proof_of_its_own_key_alone()
    {
        var client = await CodeClient.MakeAsync(server);
        using var key = new SigningClient();
        using var other = new SigningClient();
        var nonce = (await CodeClient.RedeemAsync(client.Client, "x", [("DPoP", key.Proof(client.Client, null))])).Nonce!;
        var first = (await CodeClient.RedeemAsync(client.Client, await client.CodeAsync(), [("DPoP", key.Proof(client.Client, nonce))])).Ok();
        (string, string)[] form = [("grant_type", "refresh_token"), ("refresh_token", first.Text("refresh_token")!)];
        (await server.PostAsync(client.Tenant, "token", client.Client.BasicHeader, OAuthServer.Form(form))).Refused("invalid_grant");
        (await server.PostAsync(client.Tenant, "token", client.Client.BasicHeader, OAuthServer.Form(form), ("DPoP", other.Proof(client.Client, nonce)))).Refused("invalid_grant");
        var next = (await server.PostAsync(client.Tenant, "token", client.Client.BasicHeader, OAuthServer.Form(form), ("DPoP", key.Proof(client.Client, nonce)))).Ok();
        Assert.Equal("DPoP", next.Text("token_type"));
    }

    [Fact]
    public async Task Introspection_tells_a_refresh_token_to_its_client_alone()
    {
        var (client, first) = await StartAsync();
        var token = first.Text("refresh_token")!;
        var said = (await client.Client.IntrospectAsync(token)).Ok();
        Assert.Equal((true, client.User, first.Text("session"), null), (said.Body.GetProperty("active").GetBoolean(), said.Text("sub"), said.Text("sid"), said.Text("token_type")));
        var guard = await server.KeyAsync("enforcement_point", client.Tenant);
        var seen = await server.PostAsync(client.Tenant, "introspect", "Bearer " + guard, ("token", token));
        Assert.Equal("{\"active\":false}", seen.Ok().Body.GetRawText());
        var sibling = await server.AgentAsync(client.Tenant);
        Assert.Equal("{\"active\":false}", (await sibling.IntrospectAsync(token)).Ok().Body.GetRawText());
        await client.RefreshAsync(token);
        server.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.False(await client.IsLiveAsync(token));
        Assert.True(await client.IsLiveAsync(first.Token));
    }

    [Fact]
    public async Task Revoking_a_refresh_token_ends_its_session_for_its_client_and_its_tenants_administrators()
    {
        var (client, first) = await StartAsync();
        var sibling = await server.AgentAsync(client.Tenant);
        (await sibling.RevokeAsync(first.Text("refresh_token")!)).Ok();
        Assert.True(await client.IsLiveAsync(first.Token));
        (await client.Client.RevokeAsync(first.Text("refresh_token")!)).Ok();
        Assert.False(await client.IsLiveAsync(first.Token));
        (await client.RefreshAsync(first.Text("refresh_token")!)).Refused("invalid_grant");
        (await client.Client.RevokeAsync(first.Text("refresh_token")!)).Ok();

        var (other, second) = await StartAsync();
        var admin = await server.KeyAsync("tenant_admin", other.Tenant);
        (await server.PostAsync(other.Tenant, "revoke", "Bearer " + admin, ("token", second.Text("refresh_token")!))).Ok();
        Assert.False(await other.IsLiveAsync(second.Token));
    }

    [Fact]
    public async Task Nothing_that_a_browser_or_a_client_holds_is_on_the_disk()
    {
        var client = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        var answer = await client.ApproveAsync(browser);
        var got = (await client.RedeemAsync(answer["code"]!)).Ok();
        var next = (await client.RefreshAsync(got.Text("refresh_token")!)).Ok();
        string[] secrets = [answer["code"]!, got.Text("refresh_token")!, next.Text("refresh_token")!, got.Token, CodeClient.Password, .. browser.Cookies.Values];
        foreach (var file in server.Files().Where(file => file.Contains("notes", StringComparison.Ordinal) || file.Contains("journal", StringComparison.Ordinal)))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes);
            foreach (var secret in secrets)
            {
                Assert.True(bytes.GetBuffer().AsSpan(0, (int)bytes.Length).IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, file);
            }
        }
        Assert.Equal(JsonValueKind.String, got.Body.GetProperty("refresh_token").ValueKind);
    }

    private async Task<(CodeClient Client, OAuthReply First)> StartAsync(params (string Name, string? Value)[] fields)
    {
        var client = await CodeClient.MakeAsync(server);
        return (client, (await client.RedeemAsync(await client.CodeAsync([("scope", "mail"), .. fields]))).Ok());
    }
}
