using System.Security.Cryptography;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Registrations;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Wire;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// What administrators do with initial access tokens. That one was made and revoked stands in the audit and the change stream as that of the API key that it is; whether the caller may do it is the engine's to say.
/// </summary>
internal sealed class InitialTokenCommands(IFabricEngine engine, InitialTokens initial, RegisteredClients clients, TimeProvider time)
{
    private const string ClientsReason = "its registration token was revoked with its clients";

    /// <summary>Makes a token.</summary>
    public async ValueTask<Outcome<RegistrationTokenWithSecret>> MakeAsync(IFabric fabric, Caller caller, string tenant, MakeRegistrationToken command, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var expires = command.ExpiresAt ?? now + InitialTokenChecks.LifetimeDefault;
        if ((InitialTokenChecks.Check(command, expires, now) ?? await RefuseOwnerAsync(fabric, tenant, command.Owner, cancellation)) is { } refused)
        {
            return refused;
        }
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var made = await fabric.MakeApiKeyAsync(new MakeApiKey(Caller.NameOf(Role.Registrar), InitialTokens.SubjectPrefix + id, tenant, expires), cancellation);
        if (!made.IsOk)
        {
            return made.Rejection;
        }
        var token = new InitialToken(
            id, made.Value.Key.Id, command.Name, command.Kind, ScopeWire.Write(ScopeWire.Read(command.Scopes).Value), command.Owner, command.Environment, command.ReviewAt?.ToUnixTimeMilliseconds(),
            command.RequireApproval, command.GrantTypes ?? InitialTokenChecks.DefaultGrantsOf(command.Kind), command.RedirectHosts, command.Registrations, command.Registrations, caller.Name,
            now.ToUnixTimeMilliseconds());
        var until = Instant.From(expires);
        if (await initial.AddAsync(tenant, token, until, CancellationToken.None) is { } full)
        {
            // A key of which nothing is kept registers nothing; it need not lie about.
            await fabric.RevokeApiKeyAsync(token.Key, CancellationToken.None);
            return full;
        }
        return new RegistrationTokenWithSecret(InfoOf(tenant, token, until), made.Value.Secret);
    }

    /// <summary>A tenant's tokens that have not ended.</summary>
    public async ValueTask<Outcome<Page<RegistrationTokenInfo>>> ListAsync(IFabric fabric, string tenant, CancellationToken cancellation)
    {
        var seen = await fabric.GetTenantAsync(tenant, cancellation);
        var listed = seen.IsOk ? await initial.ListAsync(tenant, cancellation) : seen.Rejection;
        return listed.IsOk ? new Page<RegistrationTokenInfo>([.. listed.Value.Select(held => InfoOf(tenant, held.Value, held.Note.Until))], null) : listed.Rejection;
    }

    /// <summary>The clients that came by a token, also when it has ended.</summary>
    public async ValueTask<Outcome<Page<RegisteredClientInfo>>> ListClientsAsync(IFabric fabric, string tenant, string id, CancellationToken cancellation)
    {
        var seen = await fabric.GetTenantAsync(tenant, cancellation);
        var listed = seen.IsOk ? await clients.ListAsync(tenant, id, cancellation) : seen.Rejection;

        // What was made at another silo a moment ago is there.
        if ((listed.Rejection ?? await engine.CatchUpAsync(cancellation)) is { } refused)
        {
            return refused;
        }
        var infos = new List<RegisteredClientInfo>(listed.Value.Count);
        foreach (var client in listed.Value.Select(held => held.Value))
        {
            var agent = await fabric.GetAgentAsync(tenant, client.Id, cancellation);
            if (!agent.IsOk && agent.Rejection.Code != Codes.NotFound)
            {
                return agent.Rejection;
            }
            infos.Add(new RegisteredClientInfo(
                tenant, client.Id, client.Name, agent.IsOk ? agent.Value.Status : "none", client.Initial, client.Method, client.Grants, DateTimeOffset.FromUnixTimeMilliseconds(client.RegisteredAtMs)));
        }
        return new Page<RegisteredClientInfo>(infos, null);
    }

    /// <summary>
    /// Revokes a token at once, and on request all clients that came by it. Answers it as it was. Whatever breaks off is gone on with when it is sent again.
    /// </summary>
    // INVARIANT R1: the mark comes first, so that a registration which is under way ends with the token, or its client is in the list that is gone through.
    public async ValueTask<Outcome<RegistrationTokenInfo>> RevokeAsync(IFabric fabric, string tenant, string id, bool withClients, CancellationToken cancellation)
    {
        var seen = await fabric.GetTenantAsync(tenant, cancellation);
        var marked = seen.IsOk ? await initial.RevokeAsync(tenant, id, cancellation) : seen.Rejection;
        if (!marked.IsOk || marked.Value is not { } held)
        {
            return marked.Rejection ?? new Rejection(Codes.NotFound, "id", "there is no such token, or it has ended");
        }

        // Whatever came of it at another silo before the mark is known here, and found; what is known ends, whether this silo knows all or not.
        var behind = await engine.CatchUpAsync(CancellationToken.None);
        var key = await fabric.RevokeApiKeyAsync(held.Value.Key, CancellationToken.None);
        var ended = withClients ? await RetireAllAsync(fabric, tenant, id) : null;
        if ((ended ?? (key.Rejection?.Code == Codes.NotFound ? null : key.Rejection) ?? behind) is { } refused)
        {
            return refused;
        }
        var removed = await initial.RemoveAsync(held, CancellationToken.None);
        return removed.IsOk ? InfoOf(tenant, held.Value, held.Note.Until) : removed.Rejection;
    }

    private async ValueTask<Rejection?> RetireAllAsync(IFabric fabric, string tenant, string id)
    {
        var listed = await clients.ListAsync(tenant, id, CancellationToken.None);
        if (!listed.IsOk)
        {
            return listed.Rejection;
        }
        Rejection? fault = null;
        foreach (var client in listed.Value)
        {
            // One that cannot be ended now keeps no other alive.
            var receipt = await fabric.RetireAgentAsync(tenant, client.Value.Id, new EndNode(ClientsReason), CancellationToken.None);
            fault ??= !receipt.IsOk ? receipt.Rejection.Code == Codes.NotFound ? null : receipt.Rejection
                : receipt.Value.Durable ? null
                : new Rejection(Codes.StorageUnavailable, client.Value.Id, "it is denied everywhere already, and not durable yet: send it again");
        }
        return fault;
    }

    private static async ValueTask<Rejection?> RefuseOwnerAsync(IFabric fabric, string tenant, string? owner, CancellationToken cancellation)
    {
        if (owner is null)
        {
            return null;
        }
        var user = await fabric.GetUserAsync(tenant, owner, cancellation);
        return !user.IsOk ? user.Rejection : user.Value.Status == "offboarded" ? new Rejection(Codes.UserRevoked, owner, "the owner is offboarded") : null;
    }

    private static RegistrationTokenInfo InfoOf(string tenant, InitialToken token, Instant until) => new(
        tenant, token.Id, token.Name, token.Kind, token.Scopes, token.Owner, token.Environment, token.ReviewAtMs is { } moment ? DateTimeOffset.FromUnixTimeMilliseconds(moment) : null,
        token.RequireApproval, token.Grants, token.Hosts, token.Registrations, token.Remaining, DateTimeOffset.FromUnixTimeMilliseconds(token.MadeAtMs), until.ToDateTimeOffset(), token.MadeBy, token.Key);
}
