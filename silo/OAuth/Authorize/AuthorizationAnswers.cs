using System.Text;
using Fabric.Core.Common;
using Fabric.Silo.Pages;

namespace Fabric.Silo.OAuth.Authorize;

/// <summary>Answers to authorization requests: each says who answers (`iss`, RFC 9207), so that a client which talks to several servers is not told one's answer as another's.</summary>
internal sealed class AuthorizationAnswers(Issuers issuers)
{
    /// <summary>Sends the code to the client.</summary>
    public void Give(HttpContext context, string tenant, AuthorizationTarget target, string code) => Redirect(context, tenant, target, ("code", code));

    /// <summary>Tells an error: the client where it is known whose the address is, else the person.</summary>
    public void Refuse(HttpContext context, string tenant, AuthorizationTarget? target, Rejection rejection)
    {
        var told = OAuthErrors.OfAuthorization(rejection);
        if (target is null)
        {
            HtmlPage.Refuse(context, told, rejection.Code is Codes.StorageUnavailable or Codes.IssuerKeysUnavailable ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest);
            return;
        }
        Redirect(context, tenant, target, ("error", told.Code), ("error_description", told.Detail));
    }

    /// <summary>The origin that a form's answer leads to, for the page's policy. A policy has no words for an IPv6 address: there it is the scheme.</summary>
    public static string FormTarget(AuthorizationTarget target)
    {
        var url = new Uri(target.RedirectUri);
        return url.HostNameType == UriHostNameType.IPv6 ? url.Scheme + ":" : url.GetLeftPart(UriPartial.Authority);
    }

    private void Redirect(HttpContext context, string tenant, AuthorizationTarget target, params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var url = new StringBuilder(target.RedirectUri);
        var separator = target.RedirectUri.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach (var (name, value) in fields)
        {
            Append(name, value);
        }
        if (target.State is { } state)
        {
            Append("state", state);
        }
        Append("iss", issuers.Of(tenant));
        HtmlPage.GoTo(context, url.ToString());

        void Append(string name, string value)
        {
            url.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
    }
}
