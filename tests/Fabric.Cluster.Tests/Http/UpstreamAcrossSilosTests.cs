using System.Net;
using System.Text.RegularExpressions;
using Fabric.Conformance.Suite;
using Fabric.Contracts.Users;
using Fabric.Silo.Tests.OAuth.Upstream;

namespace Fabric.Cluster.Tests.Http;

/// <summary>A browser whose requests come to one silo and then to the other.</summary>
[Collection(SharedPostgres.Name)]
public sealed partial class UpstreamAcrossSilosTests(PostgresFixture postgres)
{
    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_sign_in_that_one_silo_began_the_other_goes_on_with_once()
    {
        await using var provider = await ForeignProvider.StartAsync();
        provider.IsCareless = true;
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync(), options => options.Outbound.PlainHttpNetworks = "127.0.0.0/8");
        Scene.Ok(await pair.Operator(0).CreateUserAsync(SiloPair.Tenant, new CreateUser("mia")));
        Scene.Ok(await pair.Operator(0).PutIssuerAsync(SiloPair.Tenant, "idp", ForeignProvider.Command(provider.Issuer.Url)));
        await pair.MeetAsync(1);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        for (var first = 0; first < 2; first++)
        {
            var cookies = new Dictionary<string, string>();
            var page = await GetAsync(first, $"/tenants/{SiloPair.Tenant}/oauth/approvals", cookies);
            var begun = await GetAsync(1 - first, WebUtility.HtmlDecode(Link().Match(page.Text).Groups["path"].Value), cookies);
            Assert.True(begun.Status == HttpStatusCode.SeeOther, begun.Text);
            var (back, kept) = ($"/tenants/{SiloPair.Tenant}/oauth/callback/idp{provider.SignIn(begun.Location!, "mia", DateTimeOffset.UtcNow)}", new Dictionary<string, string>(cookies));
            Assert.Equal(HttpStatusCode.SeeOther, (await GetAsync(first, back, cookies)).Status);
            Assert.Contains("Nothing waits for you", (await GetAsync(1 - first, $"/tenants/{SiloPair.Tenant}/oauth/approvals", cookies)).Text, StringComparison.Ordinal);

            // The provider takes a code twice, and the browser has kept its cookie: each silo knows that the sign-in was used.
            for (var silo = 0; silo < 2; silo++)
            {
                Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(silo, back, new(kept))).Status);
            }
        }

        // Trust that is taken back at one silo ends a login at the other.
        var jar = new Dictionary<string, string>();
        var start = await GetAsync(1, WebUtility.HtmlDecode(Link().Match((await GetAsync(0, $"/tenants/{SiloPair.Tenant}/oauth/approvals", jar)).Text).Groups["path"].Value), jar);
        await GetAsync(1, $"/tenants/{SiloPair.Tenant}/oauth/callback/idp{provider.SignIn(start.Location!, "mia", DateTimeOffset.UtcNow)}", jar);
        Scene.Ok(await pair.Operator(0).RemoveIssuerAsync(SiloPair.Tenant, "idp"));
        await pair.MeetAsync(1);
        Assert.Contains("name=\"password\"", (await GetAsync(1, $"/tenants/{SiloPair.Tenant}/oauth/approvals", jar)).Text, StringComparison.Ordinal);

        async Task<(HttpStatusCode Status, string Text, string? Location)> GetAsync(int silo, string path, Dictionary<string, string> cookies)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(pair.Address(silo), path));
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
            using var answer = await http.SendAsync(request);
            foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
            {
                var at = cookie.IndexOf('=', StringComparison.Ordinal);
                cookies[cookie[..at]] = cookie[(at + 1)..cookie.IndexOf(';', StringComparison.Ordinal)];
            }
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString);
        }
    }

    [GeneratedRegex("<a class=\"go\" href=\"https://fabric.local(?<path>[^\"]*)\">")]
    private static partial Regex Link();
}
