using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.Federation;
using Fabric.Silo.Hosting;
using Fabric.Silo.OAuth.Authorize;
using Fabric.Silo.OAuth.Backchannel;
using Fabric.Silo.OAuth.Documents;
using Fabric.Silo.OAuth.Refresh;
using Fabric.Silo.OAuth.Registration;

namespace Fabric.Silo.OAuth;

/// <summary>The OAuth endpoints of each tenant, which is an issuer of its own.</summary>
internal static class OAuthRoutes
{
    private const string Tag = "OAuth";

    private static readonly FormField[] Client =
    [
        new("client_id", "The agent's id, or the API key's; may stand in `Authorization: Basic` instead. By itself: a public client (RFC 6749 section 2.1)."),
        new("client_secret", "`client_secret_post`: the agent's secret, or the API key's."),
        new("client_assertion_type", $"`private_key_jwt` and workloads: {ClientAssertions.Type}; a JWT-SVID: {WorkloadAssertions.SpiffeType}."),
        new("client_assertion", "`private_key_jwt`: a JWT signed by one of the agent's keys (RFC 7523). Or a token of an issuer that the tenant trusts for workloads."),
    ];

    private static readonly FormField[] Token =
    [
        new("token", "A token; for a revocation also the id of a session.", IsRequired: true), new("token_type_hint", "Not needed.")
    ];

    private static readonly FormField[] Grant =
    [
        new("grant_type", "One of `grant_types_supported` of the server's metadata.", IsRequired: true),
        new("scope", "What may be done: `TOOL`, `TOOL:ACTION` or `TOOL:ACTION:RESOURCE`, separated by spaces."),
        new("authorization_details", "What may be done, with constraints: objects of type `tool_call` (RFC 9396)."),
        new("resource", "Whom the token is for (RFC 8707); one."),
        new("audience", "Whom the token is for, by name; instead of `resource`."),
        new("session", "Client credentials: the session that the token is to be of; left out: one is opened."),
        new("purpose", "What the task of the opened session is."),
        new("session_lifetime", "Seconds that the opened session lives; left out: as long as its token."),
        new("subject_token", "Token exchange: the credential that was handed over, or a user's token of an issuer that the tenant trusts."),
        new("subject_token_type", $"Token exchange: {GrantTypes.AccessTokenType}, or for a user's also {UserTokenGrant.IdTokenType}."),
        new("code", "Authorization code: the code."), new("redirect_uri", "Authorization code: the one that the request named."),
        new("code_verifier", "Authorization code: what the challenge was made of (RFC 7636)."), new("refresh_token", "Refresh: the newest refresh token of the session."),
        new("auth_req_id", "Backchannel: what the request was answered with (OpenID CIBA core)."),
    ];

    private static readonly FormField[] Backchannel =
    [
        new("login_hint", "The user's id.", IsRequired: true), new("binding_message", "A short text that the user sees on both sides."),
        new("requested_expiry", "Seconds that the request waits; 600 when left out."), .. Grant.Where(field => field.Name is "scope" or "authorization_details" or "resource" or "audience" or "purpose" or "session_lifetime"),
    ];

    public static void Map(ApiRoutes routes, IFabricEngine engine, IServiceProvider services)
    {
        var (issuers, time) = (services.GetRequiredService<Issuers>(), services.GetRequiredService<TimeProvider>());
        var documents = services.GetRequiredService<ClientDocuments>();
        var (assertions, workloads) = (new ClientAssertions(engine, issuers, documents, time), services.GetRequiredService<WorkloadAssertions>());
        var proofs = new DpopProofs(engine, services.GetRequiredService<DpopNonces>(), time);
        var options = services.GetRequiredService<SiloOptions>();
        var notes = new OAuthNotes(engine.Notes);
        var refresh = new RefreshTokens(notes, time);
        var (initial, clients) = (new InitialTokens(notes), new RegisteredClients(notes, time));
        var publics = new PublicClients(engine, documents, clients);
        var requests = new AuthorizationRequests(engine, notes, documents, clients, options.OAuth, time);
        MetadataRoutes.Map(routes, issuers, options.OAuth, initial);
        RegistrationTokenRoutes.Map(routes, new InitialTokenCommands(engine, initial, clients, time));
        RegistrationRoutes.Map(routes, new RegistrationEndpoint(engine, initial, clients, issuers), new ConfigurationEndpoint(engine, clients, issuers), new RegistrationAdmission(clients));
        PageRoutes.Map(routes, engine, notes, requests, issuers, options, services, time);
        Post<TokenAnswer>("token", [.. Grant, .. Client], new TokenEndpoint(engine, issuers, proofs, notes, refresh, clients, services.GetRequiredService<UserTokenGrant>(), options.DefaultAudience, time).AnswerAsync)
            .RequireRoles(Role.Agent)
            .Describe(Tag, "token", "Gives an agent a token of a session: its own (RFC 6749 section 4.4), delegated to it (RFC 8693), or one that a user has said yes to (section 4.1, OpenID CIBA).");
        Post<PushedAnswer>("par", [.. PageRoutes.Request, .. Client], new PushedEndpoint(notes, requests, documents, issuers, proofs, time).AnswerAsync, StatusCodes.Status201Created)
            .RequireRoles(Role.Agent)
            .Describe(Tag, "pushAuthorizationRequest", "Takes an authorization request and gives it a name (RFC 9126).");
        Post<BackchannelAnswer>("bc-authorize", [.. Backchannel, .. Client], new BackchannelEndpoint(engine, notes, clients, time).AnswerAsync)
            .RequireRoles(Role.Agent)
            .Describe(Tag, "backchannelAuthenticate", "Asks a user who is elsewhere to say yes to a session (OpenID CIBA core, poll).");
        Post<IntrospectionAnswer>("introspect", [.. Token, .. Client], new IntrospectionEndpoint(engine, refresh, issuers, new IntrospectionReply(engine, issuers, time)).AnswerAsync)
            .RequireRoles(RoleSets.Workers | Role.EnforcementPoint)
            .Describe(Tag, "introspect", "Tells whether a token stands, and what it says (RFC 7662); signed for `Accept: application/token-introspection+jwt` (RFC 9701).");
        Post<object>("revoke", [.. Token, .. Client], new RevocationEndpoint(engine, refresh).AnswerAsync)
            .RequireRoles(RoleSets.Workers)
            .Describe(Tag, "revokeToken", "Revokes the credential that a token is, or ends a session by its id or a refresh token (RFC 7009).");

        IEndpointConventionBuilder Post<TAnswer>(string name, FormField[] fields, RequestDelegate handler, int success = StatusCodes.Status200OK) =>
            routes.Map(HttpMethods.Post, $"{Issuers.Tenant}/oauth/{name}", success, typeof(TAnswer), [], handler)
                .WithMetadata(new FormFields(fields), new ClientAdmission(engine, assertions, workloads, publics, name), new BodyLimit(Form.BodyBytesMax));
    }
}
