using Fabric.Core.Quotas;

namespace Fabric.Core.Scopes;

/// <summary>
/// One thing that may be done: patterns (<see cref="Pattern"/>) for tool, action and resource, under constraints. Equal when all of it is,
/// quotas in order.
/// </summary>
/// <param name="Tool">Pattern for the tool's name; not empty.</param>
/// <param name="Action">Pattern for the action; not empty.</param>
/// <param name="Resource">Pattern for the resource; the empty pattern matches only calls that name none.</param>
/// <param name="Constraints">What is demanded beside the names.</param>
/// <param name="Quotas">The counters a call draws one unit from each: its own and all of its ancestors', so that delegating cannot multiply them.</param>
public sealed record ScopeEntry(string Tool, string Action, string Resource, ScopeConstraints Constraints, IReadOnlyList<QuotaRef> Quotas)
{
    /// <summary>An entry without constraints and quotas.</summary>
    public ScopeEntry(string tool, string action, string resource)
        : this(tool, action, resource, ScopeConstraints.None, [])
    {
    }

    /// <inheritdoc/>
    public bool Equals(ScopeEntry? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Tool == other.Tool && Action == other.Action && Resource == other.Resource
            && Constraints == other.Constraints && Quotas.SequenceEqual(other.Quotas));

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Tool, StringComparer.Ordinal);
        hash.Add(Action, StringComparer.Ordinal);
        hash.Add(Resource, StringComparer.Ordinal);
        hash.Add(Constraints);
        foreach (var quota in Quotas)
        {
            hash.Add(quota);
        }

        return hash.ToHashCode();
    }
}
