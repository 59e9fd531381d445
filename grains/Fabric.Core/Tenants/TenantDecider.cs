using Fabric.Core.Common;

namespace Fabric.Core.Tenants;

/// <summary>Creates a tenant.</summary>
public sealed record RegisterTenant(string Id, string? Name, TenantLimits Limits, bool RequireApproval);

/// <summary>Changes a tenant; null stays.</summary>
public sealed record AmendTenant(string? Name, TenantLimits? Limits, bool? RequireApproval);

/// <summary>Decides the commands of a tenant.</summary>
public static class TenantDecider
{
    /// <summary>Decides a creation; <paramref name="state"/> is what the id names already.</summary>
    public static Outcome<TenantCreated> Decide(TenantState? state, RegisterTenant command)
    {
        if ((Names.CheckId("id", command.Id) ?? Names.CheckText("name", command.Name) ?? command.Limits.Check()) is { } bad)
        {
            return bad;
        }

        return state is null
            ? new TenantCreated(command.Id, command.Name ?? command.Id, command.Limits, command.RequireApproval)
            : new Rejection(Codes.AlreadyExists, command.Id, "a tenant with this id exists");
    }

    /// <summary>Decides a change.</summary>
    public static Outcome<TenantAmended> Decide(TenantState state, AmendTenant command)
    {
        var limits = command.Limits ?? state.Limits;
        if ((Names.CheckText("name", command.Name) ?? limits.Check()) is { } bad)
        {
            return bad;
        }

        return state.Standing.Ended
            ? new Rejection(Codes.TenantRevoked, state.Id, "the tenant is revoked")
            : new TenantAmended(state.Id, command.Name ?? state.Name, limits, command.RequireApproval ?? state.RequireApproval);
    }
}
