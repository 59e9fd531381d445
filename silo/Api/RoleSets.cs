using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>The combinations of roles that several endpoints take.</summary>
internal static class RoleSets
{
    /// <summary>Who runs tenants.</summary>
    public const Role Admins = Role.Operator | Role.TenantAdmin;

    /// <summary>Who may look at nodes.</summary>
    public const Role Readers = Admins | Role.Approver | Role.Auditor;

    /// <summary>Who works with sessions: administrators, and agents on their own.</summary>
    public const Role Workers = Admins | Role.Agent;

    /// <summary>Who registers a tenant's users and ends them.</summary>
    public const Role Provisioners = Admins | Role.Provisioner;

    /// <summary>The names of roles, as on the wire.</summary>
    public static IEnumerable<string> NamesOf(Role roles) =>
        Enum.GetValues<Role>().Where(role => role != Role.None && roles.HasFlag(role)).Select(Caller.NameOf);
}
