using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <summary>
/// An entity's own events: its state is what they make of it. Read once from the database at activation; appended through the log, which takes them only while
/// nobody else has appended for this entity.
/// </summary>
internal sealed class EntityLog(ClusterParts parts, NodeRef node)
{
    private readonly string _owner = OwnerOf(node);
    private long _version;

    /// <summary>Whose events those of a node are: a trust grant's are its grantor's.</summary>
    internal static string OwnerOf(NodeRef node) => node.Kind switch
    {
        NodeKind.Tenant or NodeKind.Trust => $"tenant/{node.Tenant}",
        NodeKind.User => $"user/{node.Tenant}/{node.Id}",
        NodeKind.Agent => $"agent/{node.Tenant}/{node.Id}",
        _ => throw new ArgumentOutOfRangeException(nameof(node), node.Kind, "a node of this kind is no entity of the directory"),
    };

    internal Task LoadAsync(Action<FabricEvent, Instant> apply, CancellationToken cancellation) => StorageFaults.TellAsync(() => ReadAsync(apply, cancellation));

    private async Task ReadAsync(Action<FabricEvent, Instant> apply, CancellationToken cancellation)
    {
        foreach (var (version, at, e) in await parts.Store.Entities.EventsAsync(_owner, cancellation))
        {
            _version = version;
            apply(e, at);
        }
    }

    /// <summary>Appends what one command decided. After any refusal the caller's state may be old: it must not decide again.</summary>
    internal async ValueTask<Outcome<LogAnswer>> AppendAsync(string by, Instant now, params FabricEvent[] events)
    {
        var logged = await parts.Client.AppendAsync(parts.NextId(now), by, now, events, _owner, _version);
        if (logged.IsOk)
        {
            _version++;
        }

        return logged;
    }
}
