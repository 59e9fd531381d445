using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Silo.Api;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// A client's own configuration endpoint (RFC 7592): it reads its registration, replaces it within what its initial access token gave, and deletes it, which ends all that was derived from it for good.
/// </summary>
internal sealed class ConfigurationEndpoint(IFabricEngine engine, RegisteredClients clients, Issuers issuers)
{
    // RFC 7592 section 2.2: what the server says is not the client's to send back.
    private static readonly string[] NotSent = ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

    private static readonly Rejection Changed = new(Codes.StorageUnavailable, "client", "the registration was changed meanwhile: send it again");

    /// <summary>Answers `GET`.</summary>
    public async Task ReadAsync(HttpContext context)
    {
        var (caller, client) = (context.Caller(), Proven(context));
        var agent = await StandingAsync(caller, context.RequestAborted);
        Answer(context, agent.IsOk ? ClientInformation.Of(issuers.RegistrationOf(caller.Tenant!), client.Held.Value, agent.Value, client.Token, null) : agent.Rejection);
    }

    /// <summary>Answers `PUT`.</summary>
    public async Task UpdateAsync(HttpContext context) => Answer(context, await UpdateAsync(context, context.Caller(), Proven(context)));

    /// <summary>Answers `DELETE`.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        var refused = await DeleteAsync(context.Caller(), Proven(context));
        if (refused is not null)
        {
            JsonAnswer.Refuse(context, refused);
            return;
        }
        OAuthErrors.NoStore(context.Response.Headers);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async ValueTask<Outcome<ClientInformation>> UpdateAsync(HttpContext context, Caller caller, ProvenClient proven)
    {
        var known = proven.Held.Value;
        var agent = await StandingAsync(caller, context.RequestAborted);
        var tenant = await engine.As(Caller.Fabric).GetTenantAsync(caller.Tenant!, context.RequestAborted);
        if ((agent.Rejection ?? tenant.Rejection) is { } missing)
        {
            return missing;
        }
        if (agent.Value.Status != "active" || tenant.Value.Status != "active")
        {
            // Who has stolen the token must not make it last while the client is stopped because of that.
            return new Rejection(OAuthErrors.AccessDenied, "client", "the client is stopped: its registration does not change now");
        }
        var body = await RegistrationBody.ReadAsync(context);
        var asked = body.IsOk ? ClientMetadata.Read(body.Value) : body.Rejection;
        return !asked.IsOk ? asked.Rejection
            : (RefuseForeign(body.Value, caller) ?? asked.Value.RefuseOver(known.Ceiling, known.Hosts) ?? RefuseScope(asked.Value, agent.Value)) is { } refused ? refused
            : await ReplaceAsync(caller, proven, agent.Value, asked.Value);
    }

    // The agent first, the token last: what breaks off in between is repeated with the same token. What is begun is finished.
    private async ValueTask<Outcome<ClientInformation>> ReplaceAsync(Caller caller, ProvenClient proven, AgentInfo agent, ClientMetadata asked)
    {
        var (tenant, known) = (caller.Tenant!, proven.Held.Value);
        var fabric = Own(caller);
        Outcome<AgentInfo> changed = agent;
        if (!asked.RedirectUris.SequenceEqual(agent.RedirectUris ?? [], StringComparer.Ordinal))
        {
            changed = await fabric.SetAgentRedirectsAsync(tenant, known.Id, new SetAgentRedirects(asked.RedirectUris), CancellationToken.None);
        }
        if (changed.IsOk && !asked.Keys.Select(Comparable).SequenceEqual((agent.Keys ?? []).Select(Comparable)))
        {
            changed = await fabric.SetAgentKeysAsync(tenant, known.Id, new SetAgentKeys(asked.Keys), CancellationToken.None);
        }
        if (!changed.IsOk)
        {
            return changed.Rejection;
        }

        // A secret that nobody uses any more opens nothing; one that the client has not been told is made anew.
        var hasSecret = ClientMetadata.HasSecret(asked.Method);
        string? secret = null;
        if (hasSecret != ClientMetadata.HasSecret(known.Method) || (hasSecret && clients.UseOf(known, proven.Token) != TokenUse.Current))
        {
            var rotated = await fabric.RotateAgentSecretAsync(tenant, known.Id, CancellationToken.None);
            if (!rotated.IsOk)
            {
                return rotated.Rejection;
            }
            secret = hasSecret ? rotated.Value.Secret : null;
        }
        var (client, token) = clients.Rotate(known with { Name = asked.Name, Method = asked.Method, Grants = asked.Grants, NeedsProof = asked.NeedsProof }, proven.Token);
        var kept = await clients.ReplaceAsync(proven.Held, client, CancellationToken.None);
        return !kept.IsOk ? kept.Rejection : kept.Value is null ? Changed : ClientInformation.Of(issuers.RegistrationOf(tenant), client, changed.Value, token, secret);
    }

    // INVARIANT R1: the agent ends first, durably, and with it all that was derived from it. Also one that has ended: that may not be durable yet, and it is what the answer says (D1).
    private async ValueTask<Rejection?> DeleteAsync(Caller caller, ProvenClient proven)
    {
        // What was made at another silo a moment ago is there to be ended; what is there ends, whether this silo knows all or not.
        var behind = await engine.CatchUpAsync(CancellationToken.None);
        var receipt = await Own(caller).RetireAgentAsync(caller.Tenant!, caller.Subject, new EndNode("deleted by its client (RFC 7592)"), CancellationToken.None);
        if (!receipt.IsOk && (receipt.Rejection.Code != Codes.NotFound || behind is not null))
        {
            return receipt.Rejection.Code == Codes.NotFound ? behind : receipt.Rejection;
        }
        if (receipt.IsOk && !receipt.Value.Durable)
        {
            return new Rejection(Codes.StorageUnavailable, "client", "it is denied everywhere already, and not durable yet: send it again");
        }
        return (await clients.RemoveAsync(proven.Held, CancellationToken.None)).Rejection;
    }

    // RFC 7592 section 2: to a client whose agent has ended there is no registration any more.
    private async ValueTask<Outcome<AgentInfo>> StandingAsync(Caller caller, CancellationToken cancellation)
    {
        // What was made or changed at another silo a moment ago is there: an update is compared with it.
        if (await engine.CatchUpAsync(cancellation) is { } behind)
        {
            return behind;
        }
        var agent = await engine.As(Caller.Fabric).GetAgentAsync(caller.Tenant!, caller.Subject, cancellation);
        return agent is { IsOk: true, Value.Status: "retired" } or { IsOk: false, Rejection.Code: Codes.NotFound } ? RegistrationErrors.BadToken : agent;
    }

    private Rejection? RefuseForeign(JsonElement body, Caller caller)
    {
        if (ForeignJwt.Text(body, "client_id") != caller.Subject)
        {
            return RegistrationErrors.Bad("client_id", "it is the client's own, and does not change");
        }
        if (NotSent.FirstOrDefault(name => body.TryGetProperty(name, out _)) is { } extra)
        {
            return RegistrationErrors.Bad(extra, "it is not the client's to say");
        }
        if (!body.TryGetProperty("client_secret", out var member) || member.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        var who = engine.Authenticate(ForeignJwt.Text(member));
        return who is { IsOk: true, Value: { Role: Role.Agent } holder } && holder.Tenant == caller.Tenant && holder.Subject == caller.Subject ? null
            : who.Rejection is { Code: Codes.StorageUnavailable } unknown ? unknown
            : RegistrationErrors.Bad("client_secret", "a client does not choose its secret, and this is not the one that it has");
    }

    private static Rejection? RefuseScope(ClientMetadata asked, AgentInfo agent)
    {
        if (asked.Scopes is null)
        {
            return null;
        }
        var (wanted, own) = (ScopeWire.Read(asked.Scopes), ScopeWire.Read(agent.Scopes));
        return wanted.IsOk && own.IsOk && wanted.Value.NarrowTo(own.Value).IsOk && own.Value.NarrowTo(wanted.Value).IsOk
            ? null
            : RegistrationErrors.Bad("scope", "the scope of a client does not change: register another one");
    }

    // The client itself is who changes it, in the audit too.
    private IFabric Own(Caller caller) => engine.As(new Caller(Role.TenantAdmin, caller.Tenant, caller.Subject));

    private static (string Kid, string X, string Y) Comparable(AgentKeyDto key) => (key.Kid, key.X, key.Y);

    private static ProvenClient Proven(HttpContext context) => context.Features.Get<ProvenClient>() ?? throw new InvalidOperationException("no client: nobody was let in");

    private static void Answer(HttpContext context, Outcome<ClientInformation> answer)
    {
        if (!answer.IsOk)
        {
            JsonAnswer.Refuse(context, answer.Rejection);
            return;
        }
        OAuthErrors.NoStore(context.Response.Headers);
        JsonAnswer.Write(context, StatusCodes.Status200OK, answer.Value, OAuthJson.Default.ClientInformation);
    }
}
