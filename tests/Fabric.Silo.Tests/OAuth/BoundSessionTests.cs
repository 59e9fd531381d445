using Fabric.Client;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Trust;
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
    public async Task What_comes_of_a_credential_that_is_bound_to_a_key_is_bound_to_it_in_every_way()
    {
        var planner = await server.AgentAsync();
        var worker = await server.AgentAsync(planner.Tenant);
        using var key = new SigningClient();
        using var other = new SigningClient();
        var nonce = (await CodeClient.RedeemAsync(planner, "x", [("DPoP", key.Proof(planner, null))])).Nonce!;
        var handed = (await SendAsync(planner, key, ("grant_type", "client_credentials"), ("session_lifetime", "3600"))).Ok().Token;
        (string, string)[] exchange =
        [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", handed), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ];
        (await SendAsync(worker, null, exchange)).Refused("invalid_request");
        (await SendAsync(worker, other, exchange)).Refused("invalid_request");
        var got = (await SendAsync(worker, key, exchange)).Ok();
        Assert.Equal(key.Thumbprint, JktOf(await worker.IntrospectAsync(got.Token)));

        // The session that came of it: asked for again without the key, or with another one, it gives nothing.
        (string, string)[] again = [("grant_type", "client_credentials"), ("session", got.Text("session")!)];
        (await SendAsync(worker, null, again)).Refused("invalid_grant");
        (await SendAsync(worker, other, again)).Refused("invalid_grant");
        Assert.Equal(key.Thumbprint, JktOf(await worker.IntrospectAsync((await SendAsync(worker, key, again)).Ok().Token)));
        var agent = server.As(new Caller(Role.Agent, worker.Tenant, worker.Id));
        Assert.Equal(Codes.SessionBound, (await agent.IssueCredentialsAsync(got.Text("session")!, new IssueCredentials())).Rejection?.Code);

        static string? JktOf(OAuthReply reply) => reply.Ok().Body.GetProperty("cnf").GetProperty("jkt").GetString();

        Task<OAuthReply> SendAsync(AgentClient client, SigningClient? signer, params (string, string)[] form) =>
            server.PostAsync(client.Tenant, "token", client.BasicHeader, OAuthServer.Form(form), signer is null ? [] : [("DPoP", signer.Proof(client, nonce))]);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task An_agent_of_the_same_name_in_another_tenant_is_not_whom_a_credential_is_for()
    {
        var (planner, partner) = (await server.AgentAsync(), await server.AgentAsync());
        var own = await server.AgentAsync(planner.Tenant, partner.Id);
        var trust = await server.Operator.ProposeTrustAsync(planner.Tenant, new ProposeTrust(partner.Tenant, [new ScopeDto("mail")], server.Time.GetUtcNow().AddDays(1))).OrThrow();
        await server.Operator.AcceptTrustAsync(partner.Tenant, trust.Id).OrThrow();
        var handed = (await planner.TokenAsync(("audience", own.Id), ("scope", "mail"), ("session_lifetime", "3600"))).Ok().Token;
        Assert.Equal(partner.Id, own.Id);
        (await partner.ExchangeAsync(handed, ("resource", Mail))).Refused("invalid_target");
        Assert.Equal(own.Id, (await partner.IntrospectAsync((await partner.ExchangeAsync(handed)).Ok().Token)).Text("aud"));
        Assert.Equal(Mail, (await own.IntrospectAsync((await own.ExchangeAsync(handed, ("resource", Mail))).Ok().Token)).Text("aud"));
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
