using Fabric.Client;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>What a user was shown holds for the whole session, by whatever way its agent asks (RFC 8707, RFC 9449), and what a token was given for is not lost by an exchange.</summary>
[Trait("Invariant", "S3")]
public sealed class BoundSessionTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    private const string Mail = "https://mail.example/api";

    [Fact]
    public async Task A_session_of_a_code_has_tokens_for_the_resource_that_the_user_was_shown_alone()
    {
        var client = await CodeClient.MakeAsync(server);
        using var browser = new Browser(server);
        var page = await browser.OpenAsync(client.Path(("resource", Mail)), client.User, CodeClient.Password);
        Assert.Contains(Mail, page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("other places", page.Text, StringComparison.Ordinal);
        var got = (await client.RedeemAsync((await browser.SubmitAsync(page, "/consent", ("decision", "approve")))["code"]!)).Ok();
        var session = got.Text("session")!;
        (await client.Client.TokenAsync(("session", session), ("resource", "https://files.example"))).Refused("invalid_target");
        (await client.Client.TokenAsync(("session", session), ("audience", "files"))).Refused("invalid_target");
        foreach (var token in (string[])[got.Token, (await client.Client.TokenAsync(("session", session))).Ok().Token, (await client.Client.TokenAsync(("session", session), ("resource", Mail))).Ok().Token])
        {
            Assert.Equal(Mail, (await client.Client.IntrospectAsync(token)).Text("aud"));
        }

        // By the fabric's own API as well.
        var agent = server.As(new Caller(Role.Agent, client.Tenant, client.Client.Id));
        Assert.Equal(Codes.SessionBound, (await agent.IssueCredentialsAsync(session, new IssueCredentials(Audience: "https://files.example"))).Rejection?.Code);
        var own = await agent.IssueCredentialsAsync(session, new IssueCredentials()).OrThrow();
        Assert.Equal(Mail, (await client.Client.IntrospectAsync(own.Credentials[0].Token)).Text("aud"));
    }

    [Fact]
    public async Task A_session_of_a_code_that_was_shown_with_a_key_has_tokens_of_that_key_alone()
    {
        var client = await CodeClient.MakeAsync(server);
        using var key = new SigningClient();
        using var other = new SigningClient();
        var nonce = (await CodeClient.RedeemAsync(client.Client, "x", [("DPoP", key.Proof(client.Client, null))])).Nonce!;
        var got = (await CodeClient.RedeemAsync(client.Client, await client.CodeAsync(), [("DPoP", key.Proof(client.Client, nonce))])).Ok();
        (string, string)[] form = [("grant_type", "client_credentials"), ("session", got.Text("session")!)];
        (await server.PostAsync(client.Tenant, "token", client.Client.BasicHeader, form)).Refused("invalid_grant");
        (await server.PostAsync(client.Tenant, "token", client.Client.BasicHeader, OAuthServer.Form(form), ("DPoP", other.Proof(client.Client, nonce)))).Refused("invalid_grant");
        var next = (await server.PostAsync(client.Tenant, "token", client.Client.BasicHeader, OAuthServer.Form(form), ("DPoP", key.Proof(client.Client, nonce)))).Ok();
        Assert.Equal(key.Thumbprint, (await client.Client.IntrospectAsync(next.Token)).Body.GetProperty("cnf").GetProperty("jkt").GetString());
        var agent = server.As(new Caller(Role.Agent, client.Tenant, client.Client.Id));
        Assert.Equal(Codes.SessionBound, (await agent.IssueCredentialsAsync(got.Text("session")!, new IssueCredentials())).Rejection?.Code);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_code_ends_with_the_password_that_it_was_given_under()
    {
        var client = await CodeClient.MakeAsync(server);
        var code = await client.CodeAsync();
        await server.Operator.SetUserSignInAsync(client.Tenant, client.User, new SetUserSignIn("another correct horse")).OrThrow();
        (await client.RedeemAsync(code)).Refused("invalid_grant");
        await server.Operator.SetUserSignInAsync(client.Tenant, client.User, new SetUserSignIn(CodeClient.Password)).OrThrow();
        (await client.RedeemAsync(await client.CodeAsync())).Ok();
        code = await client.CodeAsync();
        await server.Operator.SetUserSignInAsync(client.Tenant, client.User, new SetUserSignIn()).OrThrow();
        (await client.RedeemAsync(code)).Refused("invalid_grant");
    }

    [Fact]
    public async Task An_exchange_leads_to_no_other_audience_but_for_the_client_that_is_it()
    {
        var planner = await server.AgentAsync();
        var (worker, helper) = (await server.AgentAsync(planner.Tenant), await server.AgentAsync(planner.Tenant));
        var handed = (await planner.TokenAsync(("resource", Mail), ("session_lifetime", "3600"))).Ok().Token;
        (await worker.ExchangeAsync(handed, ("resource", "https://files.example"))).Refused("invalid_target");
        var got = (await worker.ExchangeAsync(handed)).Ok();
        (await worker.TokenAsync(("session", got.Text("session")!), ("resource", "https://files.example"))).Refused("invalid_target");
        var again = (await helper.ExchangeAsync(got.Token)).Ok();
        (await helper.ExchangeAsync(got.Token, ("audience", helper.Id))).Refused("invalid_target");
        foreach (var (agent, token) in (IEnumerable<(AgentClient, string)>)[(worker, got.Token), (helper, again.Token), (worker, (await worker.TokenAsync(("session", got.Text("session")!))).Ok().Token)])
        {
            Assert.Equal(Mail, (await agent.IntrospectAsync(token)).Text("aud"));
        }

        // Handed to one agent by its name, it is that one's to pass on; to others it is not.
        foreach (var audience in (string[])[worker.Id, worker.Issuer])
        {
            handed = (await planner.TokenAsync(("audience", audience), ("session_lifetime", "3600"))).Ok().Token;
            Assert.Equal(Mail, (await worker.IntrospectAsync((await worker.ExchangeAsync(handed, ("resource", Mail))).Ok().Token)).Text("aud"));
        }
        handed = (await planner.TokenAsync(("audience", worker.Id), ("session_lifetime", "3600"))).Ok().Token;
        (await helper.ExchangeAsync(handed, ("resource", Mail))).Refused("invalid_target");
    }
}
