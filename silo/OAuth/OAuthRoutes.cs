using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.Federation;

namespace Fabric.Silo.OAuth;

/// <summary>The OAuth endpoints of each tenant, which is an issuer of its own.</summary>
internal static class OAuthRoutes
{
    private const string Tag = "OAuth";

    private static readonly FormField[] Client =
    [
        new("client_id", "The agent's id, or the API key's; may stand in `Authorization: Basic` instead."),
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
        new("grant_type", $"`{GrantTypes.ClientCredentials}` or `{GrantTypes.TokenExchange}`.", IsRequired: true),
        new("scope", "What may be done: `TOOL`, `TOOL:ACTION` or `TOOL:ACTION:RESOURCE`, separated by spaces."),
        new("authorization_details", "What may be done, with constraints: objects of type `tool_call` (RFC 9396)."),
        new("resource", "Whom the token is for (RFC 8707); one."),
        new("audience", "Whom the token is for, by name; instead of `resource`."),
        new("session", "Client credentials: the session that the token is to be of; left out: one is opened."),
        new("purpose", "What the task of the opened session is."),
        new("session_lifetime", "Seconds that the opened session lives; left out: as long as its token."),
        new("subject_token", "Token exchange: the credential that was handed over, or a user's token of an issuer that the tenant trusts."),
        new("subject_token_type", $"Token exchange: {GrantTypes.AccessTokenType}, or for a user's also {UserTokenGrant.IdTokenType}."),
    ];

    public static void Map(ApiRoutes routes, IFabricEngine engine, IServiceProvider services)
    {
        var (issuers, time) = (services.GetRequiredService<Issuers>(), services.GetRequiredService<TimeProvider>());
        var admission = new ClientAdmission(engine, new ClientAssertions(engine, issuers, time), services.GetRequiredService<WorkloadAssertions>());
        var tokens = new TokenEndpoint(engine, issuers, new DpopProofs(engine, services.GetRequiredService<DpopNonces>(), time), services.GetRequiredService<UserTokenGrant>(), time);
        MetadataRoutes.Map(routes, issuers);
        Post<TokenAnswer>("token", [.. Grant, .. Client], tokens.AnswerAsync)
            .RequireRoles(Role.Agent)
            .Describe(Tag, "token", "Gives an agent a token of a session (RFC 6749 section 4.4), or of one that is delegated to it (RFC 8693).");
        Post<IntrospectionAnswer>("introspect", [.. Token, .. Client], new IntrospectionEndpoint(engine, new IntrospectionReply(engine, issuers, time)).AnswerAsync)
            .RequireRoles(RoleSets.Workers | Role.EnforcementPoint)
            .Describe(Tag, "introspect", "Tells whether a token stands, and what it says (RFC 7662); signed for `Accept: application/token-introspection+jwt` (RFC 9701).");
        Post<object>("revoke", [.. Token, .. Client], new RevocationEndpoint(engine).AnswerAsync)
            .RequireRoles(RoleSets.Workers)
            .Describe(Tag, "revokeToken", "Revokes the credential that a token is, or ends a session by its id (RFC 7009).");

        IEndpointConventionBuilder Post<TAnswer>(string name, FormField[] fields, RequestDelegate handler) =>
            routes.Map(HttpMethods.Post, $"{Issuers.Tenant}/oauth/{name}", StatusCodes.Status200OK, typeof(TAnswer), [], handler)
                .WithMetadata(new FormFields(fields), admission, new BodyLimit(Form.BodyBytesMax));
    }
}
