using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.OAuth.Documents;
using Fabric.Silo.OAuth.Registration;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Clients that keep no secret and prove themselves by nothing (RFC 6749 section 2.1, `none` of RFC 7591 section 2): whoever knows such a client's name is that client. So what one may do is the closed list here,
/// and is worth something only with what a user's browser has brought: a code and its verifier, or a token.
/// </summary>
internal sealed class PublicClients(IFabricEngine engine, ClientDocuments documents, RegisteredClients registered)
{
    /// <summary>How such a client authenticates (RFC 7591 section 2).</summary>
    public const string Method = "none";

    /// <summary>The grants that one has.</summary>
    public static readonly IReadOnlyList<string> Grants = [GrantTypes.AuthorizationCode, GrantTypes.RefreshToken];

    private static readonly Rejection Invalid = new(Codes.Unauthenticated, "client", "the client is not known, or its authentication is not valid");
    private static readonly Rejection ClosedGrant = Closed("grant_type", "a client that keeps no secret has the grants authorization_code and refresh_token");
    private static readonly Rejection ClosedName = Closed("token", "a client that keeps no secret revokes a token by the token itself, and nothing by its name");
    private static readonly Rejection ClosedEndpoint = Closed("client", "a client that keeps no secret may not do this");

    /// <summary>Null: a public client may send this form to the endpoint of this name. What is not in here is closed to it.</summary>
    public static Rejection? RefuseUse(string endpoint, Form form) => endpoint switch
    {
        // RFC 9126 section 2: as at the token endpoint.
        "par" => null,
        "token" => RefuseGrant(form["grant_type"]),

        // RFC 7009 section 2.1: its own token, which it has. A session's id stands in tokens and records, and is nobody's secret.
        "revoke" when form["token"] is { } token && Names.ParseId(token) is not null => ClosedName,
        "revoke" => null,

        // RFC 7662 section 2.1: there is no authorization here.
        "introspect" => Invalid,
        _ => ClosedEndpoint,
    };

    /// <summary>The public client that a `client_id` by itself names. Refusal: it names none, or it cannot be told now.</summary>
    public async ValueTask<Outcome<Caller>> IdentifyAsync(string tenant, string clientId, CancellationToken cancellation)
    {
        if ((documents.AgentOf(clientId) ?? (RegisteredClients.IsRegistered(clientId) && IdText.IsValid(clientId) ? clientId : null)) is not { } agent)
        {
            return Invalid;
        }

        // Nothing is proven by anybody; here it is seen that there is such an agent.
        var who = engine.AuthenticateAgent(tenant, agent, _ => true);
        if ((who.Rejection ?? await engine.RefuseStoppedAsync(tenant, agent, cancellation)) is { } refused)
        {
            return refused.Code == Codes.Unauthenticated ? Invalid : refused;
        }
        var isPublic = agent == clientId ? await registered.IsPublicAsync(tenant, agent, cancellation) : await IsPublicAsync(clientId, cancellation);
        return !isPublic.IsOk ? isPublic.Rejection : isPublic.Value ? who.Value with { IsPublic = true } : Invalid;
    }

    private async ValueTask<Outcome<bool>> IsPublicAsync(string url, CancellationToken cancellation)
    {
        var document = await documents.OfAsync(url, cancellation);
        return document.IsOk ? document.Value.IsPublic : document.Rejection;
    }

    // RFC 6749 section 5.2. What is missing the endpoint says itself.
    private static Rejection? RefuseGrant(string? grant) =>
        grant is null || Grants.Contains(grant, StringComparer.Ordinal) ? null
        : GrantTypes.All.Contains(grant, StringComparer.Ordinal) ? ClosedGrant
        : new Rejection(OAuthErrors.UnsupportedGrantType, "grant_type", "the server's metadata names the grants that there are");

    private static Rejection Closed(string subject, string detail) => new(OAuthErrors.UnauthorizedClient, subject, detail);
}
