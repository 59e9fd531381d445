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
            <h1>{client.Name} asks to act for you</h1><div class="card"><dl>{PageForm.Term("Agent", $"{client.Name} ({request.Document ?? client.Id})")}{PageForm.Term("Kind", KindOf(client.Kind))}{PageForm.Term("Owner", client.Owner ?? "nobody")}{PageForm.Term("You are", $"{login.Name} ({login.User}) of {login.Tenant}")}{PageForm.Term("Purpose, in the agent's words", request.Purpose)}</dl></div><h2>It could use</h2><div class="card">{PageForm.Scopes(request.Scopes)}</div><div class="card"><dl>{PageForm.Term("For how long", $"{PageForm.Span(end - now)}, until {PageForm.Moment(end)}")}{PageForm.Term("Asked for use at", request.Asked.Audience ?? "anything that trusts this fabric")}{PageForm.Term("The answer goes to", request.Target.RedirectUri)}</dl></div><p class="soft">It can be taken back at any time: whoever runs {login.Tenant} can end the session, and everything that came of it, at once.</p><form method="post" action="{action}">{PageForm.Hidden("csrf", token)}{PageForm.Hidden("request", query)}{PageForm.Decision}</form>{who}
            """);
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
