using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;

namespace Fabric.Core.Nodes;

/// <summary>
/// A node was revoked: ended (<paramref name="MinGeneration"/> = <see cref="IndexRecord.Terminal"/>) or its generation raised.
/// <paramref name="Mode"/> says how it came about: `revoked`, `retired`, `offboarded`, `completed`, `generation`. <paramref name="RequestKey"/>: 16 bytes that
/// name the request (idempotency, R5), or empty.
/// </summary>
public sealed record NodeRevoked(
    NodeRef Target, Handle Handle, uint MinGeneration, Instant DropAfter, string Mode, string Reason, UInt128 RequestKey) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => $"{Target.Kind.ToString().ToLowerInvariant()}.{Mode switch { "generation" => "generation_raised", "completed" => "closed", var mode => mode }}";
    /// <inheritdoc/>
    public override NodeRef Node => Target;
    internal override byte Number => 1;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("mode", Mode);
        json.WriteString("reason", Reason);
        if (MinGeneration != IndexRecord.Terminal)
        {
            json.WriteNumber("generation", MinGeneration);
        }
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Node(Target);
        writer.Handle(Handle);
        writer.Number((ulong)MinGeneration);
        writer.Moment(DropAfter);
        writer.Text(Mode);
        writer.Text(Reason);
        writer.Id(RequestKey);
    }

    internal static NodeRevoked Read(ref RecordReader reader) =>
        new(reader.Node(), reader.Handle(), (uint)reader.Number(), reader.Moment(), reader.Text(), reader.Text(), reader.Id());
}

/// <summary>A node was locked until a moment.</summary>
public sealed record NodeLocked(NodeRef Target, Handle Handle, Instant Until, string Reason) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => $"{Target.Kind.ToString().ToLowerInvariant()}.locked";
    /// <inheritdoc/>
    public override NodeRef Node => Target;
    internal override byte Number => 2;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("until", Until.ToDateTimeOffset());
        json.WriteString("reason", Reason);
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Node(Target);
        writer.Handle(Handle);
        writer.Moment(Until);
        writer.Text(Reason);
    }

    internal static NodeLocked Read(ref RecordReader reader) => new(reader.Node(), reader.Handle(), reader.Moment(), reader.Text());
}

/// <summary>A lock was lifted before its end.</summary>
public sealed record NodeUnlocked(NodeRef Target, Handle Handle, string Reason) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => $"{Target.Kind.ToString().ToLowerInvariant()}.unlocked";
    /// <inheritdoc/>
    public override NodeRef Node => Target;
    internal override byte Number => 3;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => json.WriteString("reason", Reason);

    internal override void Write(RecordWriter writer)
    {
        writer.Node(Target);
        writer.Handle(Handle);
        writer.Text(Reason);
    }

    internal static NodeUnlocked Read(ref RecordReader reader) => new(reader.Node(), reader.Handle(), reader.Text());
}
