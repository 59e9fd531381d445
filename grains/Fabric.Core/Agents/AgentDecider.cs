using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Core.Tenants;
using Fabric.Core.Tokens;
using Fabric.Core.Users;

namespace Fabric.Core.Agents;

/// <summary>Registers an agent. <paramref name="SecretHash"/>: SHA-256 of the secret that was made for it.</summary>
public sealed record RegisterAgent(
    string Id, AgentKind Kind, string? Name, string? Owner, string? Environment, ScopeSet Ceiling, Instant? ReviewAt, bool RequireApproval,
    ReadOnlyMemory<byte> SecretHash);

/// <summary>Decides the commands of an agent that are not of every node.</summary>
public static class AgentDecider
{
    /// <summary>The farthest review date.</summary>
    public static readonly TimeSpan ReviewMax = TimeSpan.FromDays(366);

    /// <summary>Decides a registration; <paramref name="state"/> is what the id names already, <paramref name="owner"/> whom the owner's id names.</summary>
    public static Outcome<AgentRegistered> Decide(AgentState? state, TenantState tenant, UserState? owner, RegisterAgent command, Instant now)
    {
        var bad = Names.CheckId("id", command.Id)
            ?? Names.CheckText("name", command.Name)
            ?? (command.Owner is null ? null : Names.CheckId("owner", command.Owner))
            ?? (command.Environment is null ? null : Names.CheckId("environment", command.Environment))
            ?? CheckKind(command, now)
            ?? CheckOwner(command.Owner, owner);
        if (bad is not null)
        {
            return bad;
        }

        if (tenant.Standing.Ended)
        {
            return new Rejection(Codes.TenantRevoked, tenant.Id, "the tenant is revoked");
        }

        return state is null
            ? new AgentRegistered(
                tenant.Id, command.Id, command.Kind, command.Name ?? command.Id, command.Owner, command.Environment, command.Ceiling,
                command.ReviewAt ?? Instant.Never, command.RequireApproval, command.SecretHash)
            : new Rejection(Codes.AlreadyExists, command.Id, "an agent with this id exists");
    }

    /// <summary>Decides a new secret.</summary>
    public static Outcome<AgentSecretRotated> RotateSecret(AgentState state, ReadOnlyMemory<byte> secretHash) =>
        state.Standing.Ended ? Retired(state) : new AgentSecretRotated(state.Tenant, state.Id, secretHash);

    /// <summary>Decides a replacement of its public keys, which are points of the curve.</summary>
    public static Outcome<AgentKeysSet> SetKeys(AgentState state, IReadOnlyList<AgentKey> keys)
    {
        if (state.Standing.Ended)
        {
            return Retired(state);
        }

        if (keys.Count > AgentKey.KeysMax)
        {
            return new Rejection(Codes.LimitReached, "keys", $"an agent has at most {AgentKey.KeysMax} keys");
        }

        foreach (var key in keys)
        {
            if (key.Kid.Length is 0 or > TokenReader.KidLengthMax || !PlainText.Is(key.Kid))
            {
                return new Rejection(Codes.InvalidField, "kid", $"a key id has 1 to {TokenReader.KidLengthMax} plain characters");
            }
        }

        return keys.DistinctBy(key => key.Kid, StringComparer.Ordinal).Count() == keys.Count
            ? new AgentKeysSet(state.Tenant, state.Id, keys)
            : new Rejection(Codes.InvalidField, "kid", "two keys have the same id");
    }

    /// <summary>Decides a replacement of its redirect URIs (<see cref="RedirectUri"/>).</summary>
    public static Outcome<AgentRedirectsSet> SetRedirects(AgentState state, IReadOnlyList<string> uris)
    {
        if (state.Standing.Ended)
        {
            return Retired(state);
        }

        if (uris.Count > RedirectUri.CountMax)
        {
            return new Rejection(Codes.LimitReached, "redirectUris", $"an agent has at most {RedirectUri.CountMax} redirect URIs");
        }

        foreach (var uri in uris)
        {
            if (!RedirectUri.IsValid(uri))
            {
                return new Rejection(
                    Codes.InvalidField, "redirectUris",
                    $"a redirect URI is `https://HOST/PATH`, or `http` on `127.0.0.1` or `[::1]`, of at most {RedirectUri.LengthMax} characters, without fragment, user and wildcard");
            }
        }

        return uris.Distinct(StringComparer.Ordinal).Count() == uris.Count
            ? new AgentRedirectsSet(state.Tenant, state.Id, uris)
            : new Rejection(Codes.InvalidField, "redirectUris", "two redirect URIs are the same");
    }

    /// <summary>Decides a change of owner. A personal agent acts for its owner, so it keeps it.</summary>
    public static Outcome<AgentTransferred> Transfer(AgentState state, string owner, UserState? user)
    {
        if ((Names.CheckId("owner", owner) ?? CheckOwner(owner, user)) is { } bad)
        {
            return bad;
        }

        if (state.Standing.Ended)
        {
            return Retired(state);
        }

        return state.Kind == AgentKind.Personal
            ? new Rejection(Codes.AgentWrongUser, state.Id, "a personal agent acts for one user: register another agent")
            : new AgentTransferred(state.Tenant, state.Id, owner);
    }

    /// <summary>Decides a review.</summary>
    public static Outcome<AgentReviewed> Review(AgentState state, Instant nextReviewAt, Instant now)
    {
        if (state.Standing.Ended)
        {
            return Retired(state);
        }

        if (state.Kind != AgentKind.Shared)
        {
            return new Rejection(Codes.InvalidField, "kind", "only shared agents are reviewed");
        }

        return CheckReview(nextReviewAt, now) is { } bad ? bad : new AgentReviewed(state.Tenant, state.Id, nextReviewAt);
    }

    private static Rejection? CheckKind(RegisterAgent command, Instant now) => command.Kind switch
    {
        AgentKind.Personal when command.Owner is null =>
            new Rejection(Codes.InvalidField, "owner", "a personal agent needs the user it acts for as its owner"),
        AgentKind.Shared when command.Owner is null => new Rejection(Codes.InvalidField, "owner", "a shared agent needs an owner"),
        AgentKind.Shared when command.ReviewAt is null => new Rejection(Codes.InvalidField, "reviewAt", "a shared agent needs a review date"),
        AgentKind.Personal or AgentKind.Shared or AgentKind.Backend => command.ReviewAt is { } review ? CheckReview(review, now) : null,
        _ => new Rejection(Codes.InvalidField, "kind", "an agent is `personal`, `shared` or `backend`"),
    };

    private static Rejection? CheckReview(Instant review, Instant now) => review <= now || review > now + ReviewMax
        ? new Rejection(Codes.InvalidField, "reviewAt", $"a review date lies within {ReviewMax.TotalDays} days from now")
        : null;

    private static Rejection? CheckOwner(string? owner, UserState? user)
    {
        if (owner is null)
        {
            return null;
        }

        if (user is null)
        {
            return new Rejection(Codes.NotFound, owner, "the owner is not a user of this tenant");
        }

        return user.Standing.Ended ? new Rejection(Codes.UserRevoked, owner, "the owner is offboarded") : null;
    }

    private static Rejection Retired(AgentState state) => new(Codes.AgentRevoked, state.Id, "the agent is retired");
}
