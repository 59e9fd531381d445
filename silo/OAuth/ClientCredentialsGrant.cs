using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Client credentials (RFC 6749 section 4.4): a token of the session that the client names, or of one that it opens. One that is opened without a lifetime lives as long as a token,
/// so that a client which asks for a token at each turn leaves nothing behind.
/// </summary>
internal sealed class ClientCredentialsGrant(IFabricEngine engine)
{
    /// <summary>What the task of a session is called whose client does not say.</summary>
    public const string PurposeDefault = "OAuth client credentials";

    /// <summary>The session that the token is to be of.</summary>
    public async ValueTask<Outcome<string>> OpenAsync(Caller client, GrantRequest asked, CancellationToken cancellation)
    {
        if (asked.Session is { } named)
        {
            return named;
        }
        var fabric = engine.As(client);
        var scopes = asked.Scopes;
        if (scopes is null)
        {
            // RFC 6749 section 3.3: without a scope, a stated default: all that the agent may be given at all.
            var agent = await fabric.GetAgentAsync(client.Tenant!, client.Subject, cancellation);
            if (!agent.IsOk)
            {
                return agent.Rejection;
            }
            scopes = agent.Value.Scopes;
        }
        var lifetime = asked.LifetimeSeconds ?? (long)Limits.CredentialLifetimeDefault.TotalSeconds;
        var opened = await fabric.OpenSessionAsync(
            client.Tenant!, new OpenSession(client.Subject, asked.Purpose ?? PurposeDefault, scopes, LifetimeSeconds: lifetime), cancellation);
        return !opened.IsOk ? opened.Rejection
            : opened.Value.Status == "requested" ? new Rejection(OAuthErrors.Pending, opened.Value.Id, "the session waits for an approval: ask again, naming it by session")
            : opened.Value.Id;
    }
}
