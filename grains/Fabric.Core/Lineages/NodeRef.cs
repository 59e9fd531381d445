namespace Fabric.Core.Lineages;

/// <summary>
/// A node by name. <paramref name="Tenant"/> is the tenant that owns it (for a tenant: itself). <paramref name="Id"/> is the name inside the
/// tenant; for sessions, credentials and trust grants 32 lower-case hex digits; for a tenant the same as <paramref name="Tenant"/>.
/// </summary>
public readonly record struct NodeRef(NodeKind Kind, string Tenant, string Id)
{
    /// <inheritdoc/>
    public override string ToString() => Kind == NodeKind.Tenant ? $"tenant/{Tenant}" : $"{Tenant}/{Kind.ToString().ToLowerInvariant()}/{Id}";
}
