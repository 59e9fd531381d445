using System.Net;
using System.Text.RegularExpressions;
using Fabric.Client;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Users;

namespace Fabric.Silo.Tests.OAuth.Upstream;

/// <summary>A host that reaches providers on loopback, and one such provider.</summary>
public sealed partial class UpstreamServer : IAsyncLifetime
{
    public OAuthServer Server { get; } = new() { Configure = options => (options.Outbound.PlainHttpNetworks, options.Outbound.RequestsOfHostMax) = ("127.0.0.0/8", 50) };

    public ForeignProvider Provider { get; private set; } = null!;

    public DateTimeOffset Now => Server.Time.GetUtcNow();

    public async Task InitializeAsync()
    {
        await Server.InitializeAsync();
        Provider = await ForeignProvider.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Provider.DisposeAsync();
        await Server.DisposeAsync();
    }

    /// <summary>A user who signs in at the provider alone, and an agent of it.</summary>
    public async Task<CodeClient> ClientAsync(string? tenant = null, Func<PutIssuer, PutIssuer>? change = null, string id = "idp", string kind = "personal")
    {
        var isNew = tenant is null;
        tenant ??= await Server.TenantAsync();
        var user = "u" + Guid.NewGuid().ToString("N");
        await Server.Operator.CreateUserAsync(tenant, new CreateUser(user, "Mia")).OrThrow();
        if (isNew)
        {
            var command = ForeignProvider.Command(Provider.Issuer.Url);
            await Server.Operator.PutIssuerAsync(tenant, id, change?.Invoke(command) ?? command).OrThrow();
        }
        return await CodeClient.MakeForAsync(Server, tenant, user, kind);
    }

    /// <summary>Goes from a page to the provider; the answer that leads there.</summary>
    public static async Task<Browser.Page> BeginAsync(Browser browser, string path, string id = "idp")
    {
        var page = await browser.GetAsync(path);
        return await browser.GetAsync(LinkOf(page, id) ?? throw new InvalidOperationException($"no link: {page.Status} {page.Text}"));
    }

    public static string? LinkOf(Browser.Page page, string id = "idp") =>
        Links().Matches(page.Text).Select(match => WebUtility.HtmlDecode(match.Groups["url"].Value)).FirstOrDefault(url => url.Contains($"/sign-in/{id}?", StringComparison.Ordinal));

    /// <summary>Comes back from the provider.</summary>
    public static Task<Browser.Page> FinishAsync(Browser browser, string tenant, string query, string id = "idp") => browser.GetAsync($"/tenants/{tenant}/oauth/callback/{id}{query}");

    public static bool IsSignedIn(Browser browser) => browser.Cookies.Keys.Any(name => name.Contains("fabric-login", StringComparison.Ordinal));

    /// <summary>Signs a client's user in, in a browser.</summary>
    public async Task<Browser.Page> SignInAsync(Browser browser, CodeClient client, string? user = null)
    {
        var begun = await BeginAsync(browser, client.Path());
        Assert.True(begun.Status == 303, begun.Text);
        return await FinishAsync(browser, client.Tenant, Provider.SignIn(begun.Location!, user ?? client.User, Now));
    }

    [GeneratedRegex("<a class=\"go\" href=\"(?<url>[^\"]*)\">")]
    private static partial Regex Links();
}
