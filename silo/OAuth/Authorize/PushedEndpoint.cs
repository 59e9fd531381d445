using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.OAuth.Documents;
using Fabric.Silo.OAuth.Interaction;

namespace Fabric.Silo.OAuth.Authorize;

/// <summary>
/// Pushed authorization requests (RFC 9126): a client leaves a request here, and gets a name for it that one browser may use once. With a proof (RFC 9449 section 10.1) the code
/// is bound to the key.
/// </summary>
internal sealed class PushedEndpoint(OAuthNotes notes, AuthorizationRequests requests, ClientDocuments documents, Issuers issuers, DpopProofs proofs, TimeProvider time)
{
    private const string Key = "dpop_jkt";

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var (client, form) = (context.Caller(), Form.Of(context));
        var pushed = await PushAsync(context, client, form);
        if (!pushed.IsOk)
        {
            OAuthErrors.Refuse(context, pushed.Rejection);
            return;
        }
        OAuthErrors.NoStore(context.Response.Headers);
        JsonAnswer.Write(context, StatusCodes.Status201Created, pushed.Value, OAuthJson.Default.PushedAnswer);
    }

    private async ValueTask<Outcome<PushedAnswer>> PushAsync(HttpContext context, Caller client, Form form)
    {
        var tenant = client.Tenant!;
        if (form["request_uri"] is not null)
        {
            return new Rejection(OAuthErrors.InvalidRequest, "request_uri", "a pushed request names no other (RFC 9126 section 2.1)");
        }
        var proven = await proofs.ProvenKeyAsync(context, DpopProofs.OwnerOf(client), issuers.PushedOf(tenant));
        if (!proven.IsOk || (proven.Value is { } key && form[Key] is { } stated && stated != key))
        {
            return proven.IsOk ? new Rejection(OAuthErrors.InvalidProof, Key, "the proof is of another key than dpop_jkt names") : proven.Rejection;
        }

        // Whose request it is says who was let in, whatever the form does.
        var query = form.Encode("client_id", "client_secret", "client_assertion", "client_assertion_type", Key);
        var name = documents.AgentOf(form["client_id"]) == client.Subject ? form["client_id"]! : client.Subject;
        query = $"client_id={Uri.EscapeDataString(name)}&{query}{((proven.Value ?? form[Key]) is { } bound ? $"&{Key}={bound}" : "")}";
        var parameters = Form.Parse(System.Text.Encoding.UTF8.GetBytes(query));
        var reading = parameters.IsOk ? await requests.CheckAsync(tenant, parameters.Value, context.RequestAborted) : AuthorizationReading.Failed(parameters.Rejection);
        if (reading.Error is { } refused)
        {
            return refused;
        }
        var secret = PageSecrets.Make();
        var until = Instant.From(time.GetUtcNow()) + AuthorizationRequests.PushedLifetime;
        var added = await notes.Pushed.AddAsync(
            tenant, notes.Pushed.NameOf(tenant, secret), client.Subject, null, until, new PushedRequest(client.Subject, query, IsPublic: client.IsPublic), context.RequestAborted);
        return added is null ? new PushedAnswer(AuthorizationRequests.UrnPrefix + secret, (long)AuthorizationRequests.PushedLifetime.TotalSeconds) : added;
    }
}
