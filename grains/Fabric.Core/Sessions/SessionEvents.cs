using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Sessions;

/// <summary>
/// A session was opened: requested (then <paramref name="ExpiresAt"/> ends the wait for an approval) or active at once. Its lineage is whole,
/// itself last. <paramref name="Parent"/> zero: not delegated.
/// </summary>
public sealed record SessionOpened(
    UInt128 Id, string Tenant, string Agent, string? UserTenant, string? User, string Purpose, ScopeSet Scopes, Lineage Lineage,
    string RequestedBy, SessionStatus Status, Instant ExpiresAt, long LifetimeMs, UInt128 Parent, int Depth) : FabricEvent
{
    /// <summary>What its credentials are held to; null: nothing.</summary>
    public SessionBinding? Binding { get; init; }

    /// <inheritdoc/>
    public override string Kind => Status == SessionStatus.Requested ? "session.requested" : "session.opened";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Session, Tenant, Names.FormatId(Id));
    internal override byte Number => Binding is null ? (byte)50 : (byte)53;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("agent", Agent);
        json.WriteString("user", User);
        json.WriteString("purpose", Purpose);
        json.WriteString("expiresAt", ExpiresAt.ToDateTimeOffset());
        if (Parent != UInt128.Zero)
        {
            json.WriteString("delegatedFrom", Names.FormatId(Parent));
        }
        if (Binding is { } binding)
        {
            json.WriteString("audience", binding.Audience);
            json.WriteString("proofKey", binding.ProofKey);
        }
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Id(Id);
        writer.Text(Tenant);
        writer.Text(Agent);
        writer.Text(UserTenant);
        writer.Text(User);
        writer.Text(Purpose);
        writer.Scopes(Scopes);
        writer.Lineage(Lineage);
        writer.Text(RequestedBy);
        writer.Byte((byte)Status);
        writer.Moment(ExpiresAt);
        writer.Number(LifetimeMs);
        writer.Id(Parent);
        writer.Byte((byte)Depth);
        Binding?.Write(writer);
    }

    internal static SessionOpened Read(ref RecordReader reader) => new(
        reader.Id(), reader.Text(), reader.Text(), reader.TextOrNull(), reader.TextOrNull(), reader.Text(), reader.Scopes(), reader.Lineage(),
        reader.Text(), (SessionStatus)reader.Byte(), reader.Moment(), reader.Long(), reader.Id(), reader.Byte());

    internal static SessionOpened ReadBound(ref RecordReader reader)
    {
        var opened = Read(ref reader);
        return opened with { Binding = SessionBinding.Read(ref reader) };
    }
}

/// <summary>A requested session was approved by <paramref name="By"/>.</summary>
public sealed record SessionApproved(UInt128 Id, string Tenant, string By, string? Note, Instant ExpiresAt) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "session.approved";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Session, Tenant, Names.FormatId(Id));
    internal override byte Number => 51;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("approvedBy", By);
        json.WriteString("note", Note);
        json.WriteString("expiresAt", ExpiresAt.ToDateTimeOffset());
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Id(Id);
        writer.Text(Tenant);
        writer.Text(By);
        writer.Text(Note);
        writer.Moment(ExpiresAt);
    }

    internal static SessionApproved Read(ref RecordReader reader) =>
        new(reader.Id(), reader.Text(), reader.Text(), reader.TextOrNull(), reader.Moment());
}

/// <summary>A session ended: completed, expired, denied or revoked.</summary>
public sealed record SessionEnded(UInt128 Id, string Tenant, SessionStatus Status, string Reason) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => $"session.{Status.ToString().ToLowerInvariant()}";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Session, Tenant, Names.FormatId(Id));
    internal override byte Number => 52;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => json.WriteString("reason", Reason);

    internal override void Write(RecordWriter writer)
    {
        writer.Id(Id);
        writer.Text(Tenant);
        writer.Byte((byte)Status);
        writer.Text(Reason);
    }

    internal static SessionEnded Read(ref RecordReader reader) => new(reader.Id(), reader.Text(), (SessionStatus)reader.Byte(), reader.Text());
}
