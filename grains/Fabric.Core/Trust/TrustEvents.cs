using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Trust;

/// <summary>A trust grant was proposed by its grantor.</summary>
public sealed record TrustProposed(UInt128 Id, string Grantor, string Grantee, ScopeSet Scopes, Instant ExpiresAt) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "trust.proposed";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Trust, Grantor, Names.FormatId(Id));
    internal override byte Number => 40;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("grantee", Grantee);
        json.WriteString("expiresAt", ExpiresAt.ToDateTimeOffset());
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Id(Id);
        writer.Text(Grantor);
        writer.Text(Grantee);
        writer.Scopes(Scopes);
        writer.Moment(ExpiresAt);
    }

    internal static TrustProposed Read(ref RecordReader reader) =>
        new(reader.Id(), reader.Text(), reader.Text(), reader.Scopes(), reader.Moment());
}

/// <summary>A trust grant was accepted by its grantee.</summary>
public sealed record TrustAccepted(UInt128 Id, string Grantor, string Grantee) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "trust.accepted";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Trust, Grantor, Names.FormatId(Id));
    internal override byte Number => 41;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => json.WriteString("grantee", Grantee);

    internal override void Write(RecordWriter writer)
    {
        writer.Id(Id);
        writer.Text(Grantor);
        writer.Text(Grantee);
    }

    internal static TrustAccepted Read(ref RecordReader reader) => new(reader.Id(), reader.Text(), reader.Text());
}
