using System.Text.Json;
using System.Web;
using Fabric.Client;
using Fabric.Contracts.Common;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Users;
using Fabric.Silo.Tests.Outbound;

namespace Fabric.Silo.Tests.OAuth.Upstream;

/// <summary>Who signs in at a provider of somebody else is the user of that name in that tenant, who is there already, for as long as the tenant trusts the provider.</summary>
public sealed class UpstreamLoginTests(UpstreamServer upstream) : IClassFixture<UpstreamServer>
{
    private OAuthServer Server => upstream.Server;

    [Fact]
    public async Task A_user_who_signs_in_at_the_provider_says_yes_and_the_secret_stands_nowhere()
    {
        var client = await upstream.ClientAsync();
        using var browser = new Browser(Server);
        var back = await upstream.SignInAsync(browser, client);
        Assert.True(back.Status == 303, back.Text);
        Assert.Equal(OAuthServer.Address + client.Path(), back.Location);
        var consent = await browser.GetAsync(back.Location!);
        Assert.Contains(client.User, consent.Text, StringComparison.Ordinal);
        var answer = await browser.SubmitAsync(consent, "/consent", ("decision", "approve"));
        var token = (await client.RedeemAsync(answer["code"]!)).Ok();
        Assert.Equal(client.User, (await client.Client.IntrospectAsync(token.Token)).Ok().Text("sub"));

        var issuer = await Server.Operator.GetIssuerAsync(client.Tenant, "idp").OrThrow();
        Assert.Equal((true, ForeignProvider.ClientId), (issuer.HasClientSecret, issuer.ClientId));
        var files = Server.Files().Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).ToList();
        Assert.All(files, file => Assert.DoesNotContain(ForeignProvider.Secret, ReadShared(file), StringComparison.Ordinal));
        Assert.Contains(files, file => ReadShared(file).Contains(ForeignProvider.ClientId, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Who_is_no_live_user_of_this_tenant_is_refused_and_leaves_nothing_behind()
    {
        var (client, other) = (await upstream.ClientAsync(), await upstream.ClientAsync());
        var (gone, locked) = (await upstream.ClientAsync(client.Tenant), await upstream.ClientAsync(client.Tenant));
        await Server.Operator.OffboardUserAsync(client.Tenant, gone.User, new EndNode("left")).OrThrow();
        await Server.Operator.LockAsync(new LockRequest(new NodeDto("user", client.Tenant, locked.User), "stop", Seconds: 600)).OrThrow();
        var before = (await Server.Operator.ListUsersAsync(client.Tenant, new PageQuery(null, 100)).OrThrow()).Items.Count;
        foreach (var user in (string[])["nobody", "", "a b", other.User, gone.User, locked.User, client.User.ToUpperInvariant()])
        {
            using var browser = new Browser(Server);
            var page = await upstream.SignInAsync(browser, client, user);
            Assert.Equal(403, page.Status);
            Assert.False(UpstreamServer.IsSignedIn(browser));
            Assert.Contains("name=\"password\"", (await browser.GetAsync(client.Path())).Text, StringComparison.Ordinal);
        }
        Assert.Equal(before, (await Server.Operator.ListUsersAsync(client.Tenant, new PageQuery(null, 100)).OrThrow()).Items.Count);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_login_and_a_code_of_a_provider_end_when_it_is_trusted_no_more_or_replaced()
    {
        var (url, keys) = (upstream.Provider.Issuer.Url, JsonElement.Parse(upstream.Provider.Issuer.Jwks.ToJsonString()));
        Func<PutIssuer, PutIssuer>?[] ways =
        [
            null, command => command with { ClientId = "other" }, command => command with { SubjectClaim = "name" },

            // The same issuer and client, with other keys, by other algorithms, or with a secret that was set anew: whoever could sign in before may have been somebody else.
            command => command with { JwksUri = $"{url}/keys" }, command => command with { Jwks = keys }, command => command with { Algorithms = ["ES256", "RS256"] }, command => command,
        ];
        foreach (var way in ways)
        {
            var client = await upstream.ClientAsync();
            using var browser = new Browser(Server);
            await upstream.SignInAsync(browser, client);
            var answer = await browser.SubmitAsync(await browser.GetAsync(client.Path()), "/consent", ("decision", "approve"));
            Assert.DoesNotContain("name=\"password\"", (await browser.GetAsync(client.Path())).Text, StringComparison.Ordinal);
            if (way is null)
            {
                await Server.Operator.RemoveIssuerAsync(client.Tenant, "idp").OrThrow();
            }
            else
            {
                await Server.Operator.PutIssuerAsync(client.Tenant, "idp", way(ForeignProvider.Command(url))).OrThrow();
            }
            Assert.Contains("name=\"password\"", (await browser.GetAsync(client.Path())).Text, StringComparison.Ordinal);
            (await client.RedeemAsync(answer["code"]!)).Refused("invalid_grant");
        }
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_login_by_a_public_client_does_not_come_back_with_its_issuer()
    {
        upstream.Provider.TakesPublicClients = true;
        var client = await upstream.ClientAsync(change: command => command with { ClientSecret = null });
        using var browser = new Browser(Server);
        Assert.Equal(303, (await upstream.SignInAsync(browser, client)).Status);
        Assert.DoesNotContain("name=\"password\"", (await browser.GetAsync(client.Path())).Text, StringComparison.Ordinal);
        await Server.Operator.RemoveIssuerAsync(client.Tenant, "idp").OrThrow();
        var again = await Server.Operator.PutIssuerAsync(client.Tenant, "idp", ForeignProvider.Command(upstream.Provider.Issuer.Url) with { ClientSecret = null }).OrThrow();
        Assert.False(again.HasClientSecret);
        Assert.Contains("name=\"password\"", (await browser.GetAsync(client.Path())).Text, StringComparison.Ordinal);
        Assert.Equal(303, (await upstream.SignInAsync(browser, client)).Status);
        Assert.DoesNotContain("name=\"password\"", (await browser.GetAsync(client.Path())).Text, StringComparison.Ordinal);
        upstream.Provider.TakesPublicClients = false;
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task A_yes_of_who_signed_in_at_a_provider_is_never_an_approval()
    {
        var tenant = (await upstream.ClientAsync()).Tenant;
        var user = "u" + Guid.NewGuid().ToString("N");
        await Server.Operator.CreateUserAsync(tenant, new CreateUser(user)).OrThrow();
        await Server.Operator.SetUserSignInAsync(tenant, user, new SetUserSignIn(CodeClient.Password, Approves: true)).OrThrow();
        var client = await CodeClient.MakeForAsync(Server, tenant, user, requireApproval: true);
        using var browser = new Browser(Server);
        var back = await upstream.SignInAsync(browser, client);
        Assert.Equal("access_denied", (await browser.GetAsync(back.Location!))["error"]);

        var asked = (await Server.PostAsync(tenant, "bc-authorize", client.Client.BasicHeader, ("login_hint", user), ("scope", "mail:send"))).Ok();
        var list = await browser.GetAsync($"/tenants/{tenant}/oauth/approvals");
        var said = await browser.SubmitAsync(list, "/approvals", ("decision", "approve"));
        Assert.Contains("Not done", said.Text, StringComparison.Ordinal);
        (await Server.PostAsync(tenant, "token", client.Client.BasicHeader, ("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", asked.Text("auth_req_id")!))).Refused("authorization_pending");

        // By its password the same user's yes is one.
        using var own = new Browser(Server);
        said = await own.SubmitAsync(await own.OpenAsync($"/tenants/{tenant}/oauth/approvals", user, CodeClient.Password), "/approvals", ("decision", "approve"));
        Assert.Contains("Approved.", said.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_names_the_user_and_an_address_that_is_not_verified_names_nobody()
    {
        var client = await upstream.ClientAsync(change: command => command with { SubjectClaim = "email", Scopes = ["openid"] });
        var mail = $"{client.User}@acme.example";
        await Server.Operator.CreateUserAsync(client.Tenant, new CreateUser(mail)).OrThrow();
        foreach (var (isVerified, status) in (IEnumerable<(bool?, int)>)[(null, 403), (false, 403), (true, 303)])
        {
            using var browser = new Browser(Server);
            var begun = await UpstreamServer.BeginAsync(browser, client.Path());
            var page = await UpstreamServer.FinishAsync(browser, client.Tenant, upstream.Provider.SignIn(begun.Location!, "somebody", upstream.Now, claims =>
            {
                claims["email"] = mail;
                if (isVerified is { } verified)
                {
                    claims["email_verified"] = verified;
                }
            }));
            Assert.Equal(status, page.Status);
            Assert.Equal(status == 303, UpstreamServer.IsSignedIn(browser));
        }
    }

    [Fact]
    public async Task The_browser_comes_back_to_our_own_page_alone_and_its_query_as_it_was()
    {
        var client = await upstream.ClientAsync();
        using var browser = new Browser(Server);
        var begun = await UpstreamServer.BeginAsync(browser, $"/tenants/{client.Tenant}/oauth/approvals");
        var asked = HttpUtility.ParseQueryString(new Uri(begun.Location!).Query);
        Assert.Equal($"{OAuthServer.Address}/tenants/{client.Tenant}/oauth/callback/idp", asked["redirect_uri"]);
        var back = await UpstreamServer.FinishAsync(browser, client.Tenant, upstream.Provider.SignIn(begun.Location!, client.User, upstream.Now) + "&page=https://evil.example&query=//evil.example");
        Assert.Equal($"{OAuthServer.Address}/tenants/{client.Tenant}/oauth/approvals", back.Location);
        Assert.Contains("Nothing waits for you", (await browser.GetAsync(back.Location!)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_public_client_and_one_whose_secret_goes_into_the_form_sign_users_in()
    {
        var form = await upstream.ClientAsync();
        using var browser = new Browser(Server);
        upstream.Provider.Issuer.Metadata["token_endpoint_auth_methods_supported"] = new System.Text.Json.Nodes.JsonArray("client_secret_post");
        Server.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(303, (await upstream.SignInAsync(browser, form)).Status);
        upstream.Provider.Issuer.Metadata.Remove("token_endpoint_auth_methods_supported");
        Server.Time.Advance(TimeSpan.FromMinutes(11));

        // The provider knows no public client: it is asked as one, without a secret.
        var open = await upstream.ClientAsync(change: command => command with { ClientSecret = null });
        Assert.False((await Server.Operator.GetIssuerAsync(open.Tenant, "idp").OrThrow()).HasClientSecret);
        using var other = new Browser(Server);
        upstream.Provider.Faults.Clear();
        Assert.Equal(403, (await upstream.SignInAsync(other, open)).Status);
        Assert.Equal(["client"], upstream.Provider.Faults);
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public async Task A_tenant_whose_provider_does_not_answer_holds_up_so_many_of_its_own_and_nobody_of_another()
    {
        await using var slow = await ForeignProvider.StartAsync();
        slow.Broken = LocalWeb.UntilGoneAsync;
        var client = await upstream.ClientAsync(change: _ => ForeignProvider.Command(slow.Issuer.Url));
        var (browsers, waiting) = (new List<Browser>(), new List<Task<Browser.Page>>());
        for (var i = 0; i < 9; i++)
        {
            browsers.Add(new Browser(Server));
            var begun = await UpstreamServer.BeginAsync(browsers[i], client.Path());
            waiting.Add(UpstreamServer.FinishAsync(browsers[i], client.Tenant, slow.SignIn(begun.Location!, client.User, upstream.Now)));
        }
        var refused = await Task.WhenAny(waiting).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(503, (await refused).Status);
        Assert.Contains("many sign in at this moment", (await refused).Text, StringComparison.Ordinal);
        var other = await upstream.ClientAsync();
        using var quick = new Browser(Server);
        Assert.Equal(303, (await upstream.SignInAsync(quick, other)).Status);

        // The others wait until their time is up, and their places are free again.
        Assert.Equal(8, waiting.Count(each => !each.IsCompleted));
        Server.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.All(await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(30)), page => Assert.Equal(503, page.Status));
        slow.Broken = null;
        Assert.Equal(303, (await FinishAsync(browsers[0])).Status);
        browsers.ForEach(browser => browser.Dispose());

        async Task<Browser.Page> FinishAsync(Browser browser)
        {
            var begun = await UpstreamServer.BeginAsync(browser, client.Path());
            return await UpstreamServer.FinishAsync(browser, client.Tenant, slow.SignIn(begun.Location!, client.User, upstream.Now));
        }
    }

    private static string ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
