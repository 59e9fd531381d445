using System.Security.Cryptography;
using System.Text;
using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Silo.OAuth.Documents;
using Fabric.Silo.OAuth.Registration;

namespace Fabric.Silo.OAuth.Authorize;

/// <summary>
/// Reads authorization requests (RFC 6749 section 4.1.1, RFC 7636, RFC 9126 section 4). Client and redirect URI come first: nothing is ever sent to an address that is not registered for the
/// client, word for word.
/// </summary>
internal sealed class AuthorizationRequests(IFabricEngine engine, OAuthNotes notes, ClientDocuments documents, RegisteredClients registered, OAuthSettings settings, TimeProvider time)
{
    /// <summary>What the task of a session is called whose client does not say.</summary>
    public const string PurposeDefault = "OAuth authorization";

    /// <summary>What a pushed request is called (RFC 9126 section 2.2), in front of its secret.</summary>
    public const string UrnPrefix = "urn:ietf:params:oauth:request_uri:";

    /// <summary>How long a pushed request waits for a browser.</summary>
    public static readonly TimeSpan PushedLifetime = TimeSpan.FromSeconds(90);

    // A person signs in and reads; then the request is used up.
    private static readonly TimeSpan BegunLifetime = TimeSpan.FromMinutes(10);

    private const int StateLengthMax = 1_024;
    private const int ChallengeLength = 43;

    private IFabric Fabric => engine.As(Caller.Fabric);

    /// <summary>The request that a query is, or names. <paramref name="browser"/>: the browser's secret.</summary>
    public async ValueTask<AuthorizationReading> ReadAsync(string tenant, string query, string browser, CancellationToken cancellation)
    {
        var form = Form.Parse(Encoding.UTF8.GetBytes(query));
        if (!form.IsOk)
        {
            return AuthorizationReading.Failed(form.Rejection);
        }
        if (form.Value["request_uri"] is { } uri)
        {
            return await ReadPushedAsync(tenant, form.Value, uri, browser, cancellation);
        }
        return settings.RequirePushedRequests
            ? AuthorizationReading.Failed(new Rejection(OAuthErrors.InvalidRequest, "request_uri", "requests are pushed here (RFC 9126)"))
            : await CheckAsync(tenant, form.Value, cancellation);
    }

    /// <summary>Judges parameters.</summary>
    public async ValueTask<AuthorizationReading> CheckAsync(string tenant, Form form, CancellationToken cancellation)
    {
        // An agent that is stopped or gone is as one that is not known.
        var document = documents.AgentOf(form["client_id"]);
        var client = (document ?? form["client_id"]) is { } id && IdText.IsValid(id) ? await Fabric.GetAgentAsync(tenant, id, cancellation) : Unknown("client_id", "the client is not known here");
        if (!client.IsOk || client.Value.Status != "active")
        {
            return AuthorizationReading.Failed(new Rejection(
                OAuthErrors.InvalidRequest, "client_id", document is null ? "the client is not known here" : $"the client is not known here; an administrator can register it as the agent {document}"));
        }

        // What the document says counts for where answers go, and for whether the client proves itself, and for nothing else. It is fetched only of an agent that the tenant has.
        ClientDocument? said = null;
        if (document is not null)
        {
            var found = await documents.OfAsync(form["client_id"]!, cancellation);
            if (!found.IsOk)
            {
                return AuthorizationReading.Failed(found.Rejection);
            }
            said = found.Value;
        }
        if (form["redirect_uri"] is not { } redirect || (said?.RedirectUris ?? client.Value.RedirectUris)?.Any(known => RedirectUri.Matches(known, redirect)) != true)
        {
            return AuthorizationReading.Failed(new Rejection(OAuthErrors.InvalidRequest, "redirect_uri", "the redirect URI is not registered for this client"));
        }
        if (form["state"] is { } state && (state.Length > StateLengthMax || state.AsSpan().ContainsAnyExceptInRange(' ', '~')))
        {
            return AuthorizationReading.Failed(new Rejection(OAuthErrors.InvalidRequest, "state", $"a state has at most {StateLengthMax} printable ASCII characters"));
        }
        var target = new AuthorizationTarget(redirect, form["state"]);
        var (tenantInfo, isPublic) = (await Fabric.GetTenantAsync(tenant, cancellation), said is null ? await registered.IsPublicAsync(tenant, client.Value.Id, cancellation) : said.IsPublic);
        var request = !isPublic.IsOk ? isPublic.Rejection : tenantInfo.IsOk ? Check(form, client.Value, target, tenantInfo.Value) : tenantInfo.Rejection;
        return request.IsOk ? new AuthorizationReading(request.Value with { Document = said?.ClientId, IsPublic = isPublic.Value }, target, null) : AuthorizationReading.Failed(request.Rejection, target);
    }

    /// <summary>Uses a pushed request up; false: it was used already.</summary>
    public async ValueTask<bool> UseUpAsync(AuthorizationReading reading, CancellationToken cancellation) =>
        reading.Pushed is not { } pushed || await notes.Pushed.RemoveAsync(pushed, cancellation) is { IsOk: true, Value: true };

    private static Outcome<AuthorizationRequest> Check(Form form, AgentInfo client, AuthorizationTarget target, Contracts.Tenants.TenantInfo tenant)
    {
        if ((CheckKind(form) ?? CheckChallenge(form)) is { } refused)
        {
            return refused;
        }
        if (client.Kind == "backend")
        {
            return new Rejection(OAuthErrors.UnauthorizedClient, "client_id", "a backend agent acts for nobody");
        }
        var asked = GrantRequest.Of(form);
        if ((asked.Rejection ?? Names.CheckText("purpose", form["purpose"])) is { } bad)
        {
            return bad;
        }
        if (asked.Value.Session is not null)
        {
            return Bad("session", "a session that a user says yes to is always a new one");
        }

        // INVARIANT S3: what is shown is what is granted, by the same rule that the core applies again.
        var ceiling = ScopeWire.Read(client.Scopes);
        var scopes = ScopeWire.Read(asked.Value.Scopes ?? client.Scopes);
        var narrowed = !ceiling.IsOk ? ceiling : scopes.IsOk ? scopes.Value.NarrowTo(ceiling.Value) : scopes;
        if (!narrowed.IsOk)
        {
            return asked.Value.Tell(narrowed.Rejection);
        }
        var lifetime = Math.Min(
            asked.Value.LifetimeSeconds ?? (long)Limits.SessionLifetimeDefault.TotalSeconds,
            Math.Min(tenant.Limits.SessionSecondsMax ?? long.MaxValue, (long)Limits.SessionLifetimeMax.TotalSeconds));
        return new AuthorizationRequest(
            client, target, form["code_challenge"]!, asked.Value, ScopeWire.Write(narrowed.Value), asked.Value.Purpose?.Trim() ?? PurposeDefault, lifetime,
            client.RequireApproval || tenant.RequireApproval, form["prompt"] == "none", form["dpop_jkt"]);
    }

    private static Rejection? CheckKind(Form form) =>
        form["response_type"] is null ? Bad("response_type", "response_type is missing")
        : form["response_type"] != "code" ? new Rejection(OAuthErrors.UnsupportedResponseType, "response_type", "the response type is code")
        : form["response_mode"] is not (null or "query") ? Bad("response_mode", "answers go into the query of the redirect URI")
        : form["request"] is not null ? new Rejection("request_not_supported", "request", "request objects are not taken: push the request (RFC 9126)")
        : null;

    // RFC 7636 section 4.2: S256 alone; a challenge without a method would be `plain` (section 4.3), which whoever sees the request can answer.
    private static Rejection? CheckChallenge(Form form) =>
        form["code_challenge"] is not { } challenge ? Bad("code_challenge", "a code_challenge is needed (RFC 7636)")
        : form["code_challenge_method"] != "S256" ? Bad("code_challenge_method", "the method of a challenge is S256")
        : !IsHash(challenge) ? Bad("code_challenge", "the challenge is no SHA-256 in base64url")
        : form["dpop_jkt"] is { } key && !IsHash(key) ? Bad("dpop_jkt", "dpop_jkt is no JWK thumbprint (RFC 9449 section 10)")
        : null;

    private static bool IsHash(string text) => text.Length == ChallengeLength && System.Buffers.Text.Base64Url.IsValid(text);

    private async ValueTask<AuthorizationReading> ReadPushedAsync(string tenant, Form form, string uri, string browser, CancellationToken cancellation)
    {
        var gone = AuthorizationReading.Failed(new Rejection("invalid_request_uri", "request_uri", "there is no such request, or it was used, or its time is over: begin again"));
        if (!uri.StartsWith(UrnPrefix, StringComparison.Ordinal))
        {
            return gone;
        }
        var found = await notes.Pushed.FindAsync(tenant, uri[UrnPrefix.Length..], cancellation);
        if (!found.IsOk || found.Value is not { } held || held.Value.Client != (documents.AgentOf(form["client_id"]) ?? form["client_id"]))
        {
            return found.IsOk ? gone : AuthorizationReading.Failed(found.Rejection);
        }

        // RFC 9126 section 7.3: one browser goes through with it; a link that was passed on is worth nothing.
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(browser)));
        if (held.Value.Browser is null)
        {
            var begun = await notes.Pushed.ReplaceAsync(held, held.Value with { Browser = hash }, cancellation, Instant.From(time.GetUtcNow()) + BegunLifetime);
            if (!begun.IsOk || begun.Value is not { } mine)
            {
                return begun.IsOk ? gone : AuthorizationReading.Failed(begun.Rejection);
            }
            held = mine;
        }
        else if (held.Value.Browser != hash)
        {
            return gone;
        }
        var parameters = Form.Parse(Encoding.UTF8.GetBytes(held.Value.Query));
        if (!parameters.IsOk)
        {
            return AuthorizationReading.Failed(parameters.Rejection);
        }
        var reading = await CheckAsync(tenant, parameters.Value, cancellation);

        // docs/decisions/0057: what a client began in one way it does not go on with in another.
        return reading.Request is { } request && request.IsPublic != held.Value.IsPublic ? gone : reading with { Pushed = held };
    }

    private static Outcome<AgentInfo> Unknown(string subject, string detail) => new Rejection(OAuthErrors.InvalidRequest, subject, detail);

    private static Rejection Bad(string subject, string detail) => new(OAuthErrors.InvalidRequest, subject, detail);
}
