using System.Security.Cryptography;
using System.Text;

namespace Fabric.Silo.OAuth.Interaction;

/// <summary>
/// The cookies of the pages: the browser's, which is there before anybody has signed in, and a login's, one for each tenant. With `__Host-` (RFC 6265bis section 4.1.3.2) no other host can set
/// them; over plain http, which is for a loopback address alone, they have plain names.
/// </summary>
internal sealed class PageCookies
{
    private const string Browser = "fabric-browser";
    private const string Flow = "fabric-upstream";

    private readonly Uri _address;

    public PageCookies(string address) => _address = new Uri(address);

    private bool IsSecure => _address.Scheme == Uri.UriSchemeHttps;

    /// <summary>Whether pages can be shown at all: a password goes over TLS, or never leaves the machine.</summary>
    public bool IsUsable => IsSecure || _address.IsLoopback;

    /// <summary>The browser's secret, as it came; null: it has none.</summary>
    public string? BrowserOf(HttpContext context) => Read(context, NameOf(Browser));

    /// <summary>The browser's secret; a new one is given to it when it has none.</summary>
    public string EnsureBrowser(HttpContext context)
    {
        // One answer gives one: what is bound to it first and what is shown last is the same browser's.
        if ((BrowserOf(context) ?? context.Items[Browser] as string) is { } known)
        {
            return known;
        }
        var made = PageSecrets.Make();
        context.Items[Browser] = made;
        Set(context, NameOf(Browser), made, null);
        return made;
    }

    /// <summary>The secret of a login at a tenant; null: there is none.</summary>
    public string? LoginOf(HttpContext context, string tenant) => Read(context, LoginName(tenant));

    /// <summary>Gives the browser a login's secret.</summary>
    public void SetLogin(HttpContext context, string tenant, string secret, TimeSpan lifetime) => Set(context, LoginName(tenant), secret, lifetime);

    /// <summary>Takes it away.</summary>
    public void DropLogin(HttpContext context, string tenant) => context.Response.Cookies.Delete(LoginName(tenant), Options(null));

    /// <summary>The sign-in at an issuer that the browser has begun; one at a time, so that what it sends with each request is bounded.</summary>
    public string? FlowOf(HttpContext context) => context.Request.Cookies[NameOf(Flow)];

    /// <summary>Gives the browser a sign-in that it has begun.</summary>
    public void SetFlow(HttpContext context, string value, TimeSpan lifetime) => Set(context, NameOf(Flow), value, lifetime);

    /// <summary>Takes it away.</summary>
    public void DropFlow(HttpContext context) => context.Response.Cookies.Delete(NameOf(Flow), Options(null));

    /// <summary>
    /// Whether a form was sent by a page of this host, as far as the browser says (Fetch metadata, `Origin`); what says nothing is judged by its token alone.
    /// </summary>
    public bool IsOwnForm(HttpContext context)
    {
        var (origin, site) = (context.Request.Headers.Origin, context.Request.Headers["Sec-Fetch-Site"]);
        return (origin.Count == 0 || (origin.Count == 1 && string.Equals(origin[0], _address.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase)))
            && (site.Count == 0 || (site.Count == 1 && site[0] is "same-origin" or "none"));
    }

    private static string? Read(HttpContext context, string name) => context.Request.Cookies[name] is { Length: PageSecrets.Length } secret ? secret : null;

    private void Set(HttpContext context, string name, string value, TimeSpan? lifetime) => context.Response.Cookies.Append(name, value, Options(lifetime));

    private CookieOptions Options(TimeSpan? lifetime) => new()
    {
        HttpOnly = true, Secure = IsSecure, SameSite = SameSiteMode.Lax, Path = "/", MaxAge = lifetime, IsEssential = true,
    };

    private string NameOf(string name) => IsSecure ? "__Host-" + name : name;

    // An id has characters that a cookie's name has not.
    private string LoginName(string tenant) => NameOf($"fabric-login-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tenant)).AsSpan(0, 8))}");
}
