using System.Text.Json;
using Fabric.Contracts.Changes;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Engine.Wire;

namespace Fabric.Engine.Commands;

/// <summary>Events as the change stream tells them.</summary>
internal static class ChangeText
{
    /// <summary>The event of this index in its transaction. Its cursor goes on with the one after it.</summary>
    internal static Change Of(ulong sequence, IReadOnlyList<FabricEvent> events, int index, Instant at, string by, ulong revisionAfter)
    {
        var e = events[index];
        var after = index + 1 == events.Count ? new ChangePoint(sequence) : new ChangePoint(sequence - 1, index + 1);
        using var document = JsonDocument.Parse(EventText.Describe(e));
        return new Change(after.ToString(), e.Kind, NodeWire.Write(e.Node), at.ToDateTimeOffset(), by, revisionAfter, document.RootElement.Clone());
    }
}
