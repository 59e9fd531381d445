using Fabric.Core.Common;

namespace Fabric.Engine;

/// <summary>
/// Who calls. <paramref name="Tenant"/> null: not bound to one. <paramref name="Subject"/> names the holder: for an agent its id, else the API key's
/// subject; it is what records and approvals name.
/// </summary>
public sealed record Caller(Role Role, string? Tenant, string Subject)
{
    /// <summary>How records name the caller, e.g. `approver:jane@acme`.</summary>
    public string Name { get; } = $"{NameOf(Role)}:{CallerText.Holder(Tenant, Subject)}";

    /// <summary>Whom records mean, whatever the role, e.g. `jane@acme`.</summary>
    public string Holder => CallerText.HolderOf(Name);

    /// <summary>The longest read bound that an operator granted the caller's enforcement points (best effort); zero: none past the fabric's own.</summary>
    public TimeSpan BestEffort { get; init; }

    /// <summary>
    /// Whether a user's yes is a consent and never an approval (S1): it has signed in at an issuer, and whoever trusts an issuer can be any user; or it says yes to a
    /// client that anybody can be.
    /// </summary>
    public bool IsConsentOnly { get; init; }

    /// <summary>Whether the caller is an agent that has proven nothing, an OAuth client without a secret (RFC 6749 section 2.1): whoever knows its name is it.</summary>
    public bool IsPublic { get; init; }

    /// <summary>The id of the one credential that an agent has shown to be its own, by the token itself: it may revoke that (RFC 7009). Null: none.</summary>
    public string? OwnCredential { get; init; }

    /// <summary>Whether the caller, an agent, revokes just the credential that it has shown to be its own.</summary>
    public bool Owns(string? tenant, IReadOnlyList<string> credentials) =>
        Role == Role.Agent && OwnCredential is { } own && Tenant == tenant && credentials is [{ } one] && one == own;

    /// <summary>The fabric itself: timers, sweeps, recovery.</summary>
    public static Caller Fabric { get; } = new(Role.Operator, null, "fabric");

    /// <summary>A role's name on the wire, e.g. `tenant_admin`.</summary>
    public static string NameOf(Role role) => role switch
    {
        Role.Operator => CallerText.Operator,
        Role.TenantAdmin => "tenant_admin",
        Role.Approver => "approver",
        Role.EnforcementPoint => "enforcement_point",
        Role.Auditor => "auditor",
        Role.Agent => "agent",
        Role.User => "user",
        Role.Provisioner => "provisioner",
        Role.Registrar => "registrar",
        _ => "none",
    };

    /// <summary>The role of a name on the wire; <see cref="Role.None"/> when there is none.</summary>
    public static Role RoleOf(string name) => name switch
    {
        CallerText.Operator => Role.Operator,
        "tenant_admin" => Role.TenantAdmin,
        "approver" => Role.Approver,
        "enforcement_point" => Role.EnforcementPoint,
        "auditor" => Role.Auditor,
        "agent" => Role.Agent,
        "user" => Role.User,
        "provisioner" => Role.Provisioner,
        "registrar" => Role.Registrar,
        _ => Role.None,
    };
}
