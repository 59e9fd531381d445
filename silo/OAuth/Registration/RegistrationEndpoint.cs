using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Wire;
using Fabric.Silo.Api;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// The client registration endpoint (RFC 7591): whoever has an initial access token of the tenant makes an agent there, within what the token says, and is told its secrets this once. All is durable before the
/// answer; an answer that is lost leaves an agent that nobody has a secret of.
/// </summary>
internal sealed class RegistrationEndpoint(IFabricEngine engine, InitialTokens initial, RegisteredClients clients, Issuers issuers)
{
    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var registered = await RegisterAsync(context, (string)context.GetRouteValue("t")!, context.Caller());
        if (!registered.IsOk)
        {
            JsonAnswer.Refuse(context, registered.Rejection);
            return;
        }
        OAuthErrors.NoStore(context.Response.Headers);
        JsonAnswer.Write(context, StatusCodes.Status201Created, registered.Value, OAuthJson.Default.ClientInformation);
    }

    private async ValueTask<Outcome<ClientInformation>> RegisterAsync(HttpContext context, string tenant, Caller holder)
    {
        var body = await RegistrationBody.ReadAsync(context);
        var asked = body.IsOk ? ClientMetadata.Read(body.Value) : body.Rejection;
        if (!asked.IsOk)
        {
            return asked.Rejection;
        }
        var token = await initial.OfSubjectAsync(tenant, holder.Subject, context.RequestAborted);
        if (!token.IsOk)
        {
            return token.Rejection;
        }
        var given = token.Value.Value;
        var scopes = ScopesOf(asked.Value, given);
        if ((asked.Value.RefuseOver(given.Grants, given.Hosts) ?? scopes.Rejection ?? await RefuseStoppedAsync(tenant, context.RequestAborted)) is { } refused)
        {
            return refused;
        }
        var taken = await initial.TakeAsync(tenant, holder.Subject, context.RequestAborted);

        // What is begun is finished: who hangs up meanwhile leaves nothing that is half made.
        return taken.IsOk ? await MakeAsync(tenant, holder, taken.Value, asked.Value, scopes.Value) : taken.Rejection;
    }

    private async ValueTask<Outcome<ClientInformation>> MakeAsync(string tenant, Caller holder, InitialToken given, ClientMetadata asked, IReadOnlyList<ScopeDto> scopes)
    {
        // First what administrators find it by: there is no agent of a token that its list does not show.
        var (client, token) = clients.Begin(given, asked);
        if (await clients.AddAsync(tenant, client, CancellationToken.None) is { } full)
        {
            return full;
        }

        // INVARIANT S1: the key that the token is was made by an administrator, so that one counts as the maker of this secret (docs/decisions/0013).
        var fabric = engine.As(new Caller(Role.TenantAdmin, tenant, holder.Subject));
        DateTimeOffset? reviewAt = given.ReviewAtMs is { } moment ? DateTimeOffset.FromUnixTimeMilliseconds(moment) : null;
        var made = await fabric.CreateAgentAsync(
            tenant, new CreateAgent(client.Id, given.Kind, scopes, given.Owner, given.Name, given.Environment, reviewAt, given.RequireApproval), CancellationToken.None);
        var agent = made.IsOk ? await ArrangeAsync(fabric, tenant, made.Value.Agent, asked) : made.Rejection;

        // INVARIANT R1: once the revocation of a token was answered, nothing comes of it any more, and all that came of it is in its list.
        var fault = agent.Rejection ?? await initial.RefuseGoneAsync(tenant, given.Id, CancellationToken.None);
        if (fault is null)
        {
            return ClientInformation.Of(issuers.RegistrationOf(tenant), client, agent.Value, token, ClientMetadata.HasSecret(client.Method) ? made.Value.Secret : null);
        }
        await UndoAsync(fabric, tenant, client.Id);
        return Told(fault);
    }

    private static async ValueTask<Outcome<AgentInfo>> ArrangeAsync(IFabric fabric, string tenant, AgentInfo agent, ClientMetadata asked)
    {
        Outcome<AgentInfo> arranged = agent;
        if (asked.RedirectUris.Count > 0)
        {
            arranged = await fabric.SetAgentRedirectsAsync(tenant, agent.Id, new SetAgentRedirects(asked.RedirectUris), CancellationToken.None);
        }
        return arranged.IsOk && asked.Keys.Count > 0 ? await fabric.SetAgentKeysAsync(tenant, agent.Id, new SetAgentKeys(asked.Keys), CancellationToken.None) : arranged;
    }

    // Nobody was told its secrets. What cannot be taken back now stands in the token's list.
    private async ValueTask UndoAsync(IFabric fabric, string tenant, string client)
    {
        var ended = await fabric.RetireAgentAsync(tenant, client, new EndNode("its registration failed"), CancellationToken.None);
        var found = await clients.FindAsync(tenant, client, CancellationToken.None);
        if (found is { IsOk: true, Value: { } held } && (ended is { IsOk: true, Value.Durable: true } || ended.Rejection?.Code == Codes.NotFound))
        {
            await clients.RemoveAsync(held, CancellationToken.None);
        }
    }

    // INVARIANT S3: what is asked for lies within what the token gives, and takes its constraints over.
    private static Outcome<IReadOnlyList<ScopeDto>> ScopesOf(ClientMetadata asked, InitialToken given)
    {
        if (asked.Scopes is null)
        {
            return Outcome<IReadOnlyList<ScopeDto>>.Of(given.Scopes);
        }
        var (wanted, ceiling) = (ScopeWire.Read(asked.Scopes), ScopeWire.Read(given.Scopes));
        var narrowed = wanted.IsOk && ceiling.IsOk ? wanted.Value.NarrowTo(ceiling.Value) : wanted.Rejection ?? ceiling.Rejection!;
        return narrowed.IsOk ? Outcome<IReadOnlyList<ScopeDto>>.Of(ScopeWire.Write(narrowed.Value)) : RegistrationErrors.Bad("scope", "it is not within what the initial access token gives");
    }

    private async ValueTask<Rejection?> RefuseStoppedAsync(string tenant, CancellationToken cancellation)
    {
        var found = await engine.As(Caller.Fabric).GetTenantAsync(tenant, cancellation);
        return !found.IsOk ? found.Rejection : found.Value.Status == "active" ? null : new Rejection(OAuthErrors.AccessDenied, "tenant", "the tenant takes no registrations now");
    }

    // The owner is gone, the review is over: the administrator's matter, and no fault of the token or the client.
    private static Rejection Told(Rejection fault) => fault.Code is RegistrationErrors.InvalidToken or Codes.LimitReached or Codes.StorageUnavailable or Codes.AuditUnavailable or Codes.Stopping
        ? fault
        : new Rejection(OAuthErrors.AccessDenied, "client", "what the initial access token gives cannot be given now");
}
