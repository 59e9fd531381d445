using System.Text.Json;
using Fabric.Contracts.Common;

namespace Fabric.Contracts.Changes;

/// <summary>
/// One change of one node, in order. <paramref name="Cursor"/> is opaque and resumes after this change. <paramref name="Kind"/> is the event's
/// name, e.g. `session.opened`; <paramref name="Data"/> its fields.
/// </summary>
public sealed record Change(
    string Cursor, string Kind, NodeDto Node, DateTimeOffset At, string By, ulong Revision, JsonElement Data);

/// <summary>
/// Which changes: after a cursor (null: from now for a watch, from the oldest retained for a pull; <see cref="Now"/>: from now), filtered by tenant, node
/// and kinds.
/// </summary>
public sealed record ChangeQuery(
    string? Cursor = null, string? Tenant = null, NodeDto? Node = null, IReadOnlyList<string>? Kinds = null, int Limit = 100)
{
    /// <summary>The cursor of this moment: a pull with it answers no change, and where to go on.</summary>
    public const string Now = "now";
}

/// <summary>A page of changes; <paramref name="Next"/> resumes after the last one looked at, also when nothing matched.</summary>
public sealed record ChangePage(IReadOnlyList<Change> Changes, string Next);
