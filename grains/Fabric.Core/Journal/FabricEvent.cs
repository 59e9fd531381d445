using System.Text.Json;
using Fabric.Core.Lineages;

namespace Fabric.Core.Journal;

/// <summary>
/// One thing that happened to one node. Events are the truth: state is what <c>Apply</c> makes of them, in memory and at replay alike. A closed
/// family: <see cref="EventCodec"/> knows every one.
/// </summary>
public abstract record FabricEvent
{
    /// <summary>The event's stable name on the change stream and in the audit, e.g. `session.opened`.</summary>
    public abstract string Kind { get; }

    /// <summary>The node that it happened to.</summary>
    public abstract NodeRef Node { get; }

    /// <summary>The event's number in journals; never changes.</summary>
    internal abstract byte Number { get; }

    /// <summary>Writes the fields, for the journal.</summary>
    internal abstract void Write(RecordWriter writer);

    /// <summary>Writes the fields that subscribers may see as JSON properties. Never a secret, a hash of one or a sealed key.</summary>
    public virtual void Describe(Utf8JsonWriter json)
    {
    }
}
