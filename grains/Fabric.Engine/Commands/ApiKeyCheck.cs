using Fabric.Contracts.Keys;
using Fabric.Core.Common;
using Fabric.Core.Leases;

namespace Fabric.Engine.Commands;

/// <summary>What API keys may be made.</summary>
internal static class ApiKeyCheck
{
    /// <summary>The longest that a key may be valid.</summary>
    internal static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(3660);

    /// <summary>Null: this caller may make the key.</summary>
    internal static Rejection? Check(MakeApiKey command, Role role, Caller caller)
    {
        if (role is Role.None or Role.Agent or Role.User)
        {
            return new Rejection(
                Codes.InvalidField, "role", "a role is `operator`, `tenant_admin`, `approver`, `enforcement_point`, `auditor`, `provisioner` or `registrar`");
        }

        if (Names.CheckId("subject", command.Subject) is { } bad)
        {
            return bad;
        }

        if (role == Role.Operator && (caller.Tenant is not null || command.Tenant is not null))
        {
            return new Rejection(Codes.Forbidden, "role", "only an operator makes operator keys, and they are of no tenant");
        }

        return role is Role.TenantAdmin or Role.Approver or Role.Provisioner or Role.Registrar && command.Tenant is null
            ? new Rejection(Codes.InvalidField, "tenant", "this role belongs to a tenant")
            : CheckBestEffort(command.BestEffortSeconds, role, caller);
    }

    // INVARIANT R5: a longer bound makes everybody's receipts wait for it, so no tenant gives it to itself.
    private static Rejection? CheckBestEffort(int? seconds, Role role, Caller caller)
    {
        if (seconds is null)
        {
            return null;
        }

        if (caller.Role != Role.Operator)
        {
            return new Rejection(Codes.Forbidden, "bestEffortSeconds", "only an operator grants best effort");
        }

        return role != Role.EnforcementPoint || seconds < 1 || seconds > ClassBounds.BestEffortReadMax.TotalSeconds
            ? new Rejection(
                Codes.InvalidField, "bestEffortSeconds", $"best effort is 1 to {ClassBounds.BestEffortReadMax.TotalSeconds} seconds, for role `enforcement_point`")
            : null;
    }
}
