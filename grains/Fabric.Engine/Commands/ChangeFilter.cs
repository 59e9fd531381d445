using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;

namespace Fabric.Engine.Commands;

/// <summary>Which changes a subscriber gets, and after which place.</summary>
internal sealed record ChangeFilter(ChangePoint After, string? Tenant, NodeRef? Node, IReadOnlyList<string>? Kinds)
{
    /// <summary>Whether it gets this one.</summary>
    internal bool Takes(FabricEvent e) => (Tenant is null || e.Node.Tenant == Tenant) && TakesBesideTenant(e);

    /// <summary>Whether it would get this one, were it its tenant's.</summary>
    internal bool TakesBesideTenant(FabricEvent e) =>
        e is not (QuotaDrawn or QuotaReturned)
        && (Node is null || e.Node == Node)
        && (Kinds is null || Kinds.Count == 0 || Kinds.Contains(e.Kind, StringComparer.Ordinal));
}
