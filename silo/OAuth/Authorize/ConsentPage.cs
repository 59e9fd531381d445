using System.Text.Json.Serialization;
using Fabric.Contracts.Common;
using Fabric.Silo.OAuth.Interaction;
using Fabric.Silo.Pages;

namespace Fabric.Silo.OAuth.Authorize;

/// <summary>What an agent asks a user for: who it is, for what, what it could do and how long, and where the answer goes.</summary>
internal static class ConsentPage
{
    public static Markup Body(AuthorizationRequest request, Login login, string token, string query, string action, Markup who, DateTimeOffset now)
    {
        var (client, lifetime) = (request.Client, TimeSpan.FromSeconds(request.LifetimeSeconds));
        var end = client is { Kind: "shared", ReviewAt: { } review } && review < now + lifetime ? review : now + lifetime;
        return Markup.Of(
            $"""
            <h1>{client.Name} asks to act for you</h1><div class="card"><dl>{PageForm.Term("Agent", $"{client.Name} ({request.Document ?? client.Id})")}{PublishedAt(request)}{PageForm.Term("Kind", KindOf(client.Kind))}{PageForm.Term("Owner", client.Owner ?? "nobody")}{PageForm.Term("You are", $"{login.Name} ({login.User}) of {login.Tenant}")}{PageForm.Term("Purpose, in the agent's words", request.Purpose)}</dl></div><h2>It could use</h2><div class="card">{PageForm.Scopes(request.Scopes)}</div><div class="card"><dl>{PageForm.Term("For how long", $"{PageForm.Span(end - now)}, until {PageForm.Moment(end)}")}{PageForm.Term("Asked for use at", request.Asked.Audience ?? "anything that trusts this fabric")}{PageForm.Term("The answer goes to", request.Target.RedirectUri)}</dl></div>{Warning(request)}<p class="soft">It can be taken back at any time: whoever runs {login.Tenant} can end the session, and everything that came of it, at once.</p><form method="post" action="{action}">{PageForm.Hidden("csrf", token)}{PageForm.Hidden("request", query)}{PageForm.Decision}</form>{who}
            """);
    }

    // What a document says of itself, its name too, is not shown: whose it is says the host.
    private static Markup PublishedAt(AuthorizationRequest request) => request.Document is { } document ? PageForm.Term("Published at", new Uri(document).Authority) : Markup.Empty;

    // RFC 8252 section 8.6: a client without a secret is where its answers go, and on a computer that is any program which runs there.
    private static Markup Warning(AuthorizationRequest request)
    {
        if (!request.IsPublic)
        {
            return Markup.Empty;
        }
        var url = new Uri(request.Target.RedirectUri);
        return url.Scheme == Uri.UriSchemeHttps
            ? Markup.Of($"<p class=\"warn\">This application keeps no secret: it is known only by where the answer goes, {url.Authority}. Approve only if you have come from there.</p>")
            : Markup.Of($"<p class=\"warn\">This application keeps no secret, and the answer goes to your own computer, where any program can pretend to be it. Approve only what you have just started yourself.</p>");
    }

    /// <summary>What an agent is, in words.</summary>
    public static string KindOf(string kind) => kind switch
    {
        "personal" => "personal: acts for its owner alone",
        "shared" => "shared: one of the organisation's workflows",
        _ => kind,
    };
}

/// <summary>How what is shown is written where a form is bound to it.</summary>
[JsonSerializable(typeof(List<ScopeDto>))]
internal sealed partial class OAuthShownJson : JsonSerializerContext;
