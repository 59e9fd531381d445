using Fabric.Core.Common;
using Fabric.Core.Tenants;

namespace Fabric.Core.Users;

/// <summary>Registers a user.</summary>
public sealed record RegisterUser(string Id, string? Name, IReadOnlyList<string> Groups);

/// <summary>Changes a user; null stays.</summary>
public sealed record AmendUser(string? Name, IReadOnlyList<string>? Groups);

/// <summary>Decides the commands of a user.</summary>
public static class UserDecider
{
    /// <summary>Decides a registration; <paramref name="state"/> is what the id names already.</summary>
    public static Outcome<UserRegistered> Decide(UserState? state, TenantState tenant, RegisterUser command)
    {
        if ((Names.CheckId("id", command.Id) ?? Names.CheckText("name", command.Name) ?? CheckGroups(command.Groups)) is { } bad)
        {
            return bad;
        }

        if (tenant.Standing.Ended)
        {
            return new Rejection(Codes.TenantRevoked, tenant.Id, "the tenant is revoked");
        }

        return state is null
            ? new UserRegistered(tenant.Id, command.Id, command.Name ?? command.Id, command.Groups)
            : new Rejection(Codes.AlreadyExists, command.Id, "a user with this id exists");
    }

    /// <summary>Decides a change.</summary>
    public static Outcome<UserAmended> Decide(UserState state, AmendUser command)
    {
        if ((Names.CheckText("name", command.Name) ?? CheckGroups(command.Groups ?? [])) is { } bad)
        {
            return bad;
        }

        return state.Standing.Ended
            ? new Rejection(Codes.UserRevoked, state.Id, "the user is offboarded")
            : new UserAmended(state.Tenant, state.Id, command.Name ?? state.Name, command.Groups ?? state.Groups);
    }

    /// <summary>Decides what it signs in with; null: nothing any more.</summary>
    public static Outcome<UserSignInSet> SetSignIn(UserState state, UserSignIn? signIn) => state.Standing.Ended
        ? new Rejection(Codes.UserRevoked, state.Id, "the user is offboarded")
        : new UserSignInSet(state.Tenant, state.Id, signIn);

    private static Rejection? CheckGroups(IReadOnlyList<string> groups)
    {
        if (groups.Count > Limits.GroupsMax)
        {
            return new Rejection(Codes.InvalidField, "groups", $"a user is in at most {Limits.GroupsMax} groups");
        }

        foreach (var group in groups)
        {
            if (Names.CheckId("groups", group) is { } bad)
            {
                return bad;
            }
        }

        return null;
    }
}
