using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;

namespace Fabric.Core.Credentials;

/// <summary>
/// Credentials of a session were issued; in the inventory before any token is handed out. <paramref name="Previous"/>: the credential of the session
/// that was issued before these (zero: none). <paramref name="Quotas"/>: counters made for narrower scopes of their own.
/// </summary>
public sealed record CredentialsIssued(
    UInt128 Session, string Tenant, IReadOnlyList<UInt128> Ids, Instant ExpiresAt, UInt128 Previous, IReadOnlyList<QuotaRef> Quotas) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "credentials.issued";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Session, Tenant, Names.FormatId(Session));
    internal override byte Number => 60;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteNumber("count", Ids.Count);
        json.WriteString("first", Names.FormatId(Ids[0]));
        json.WriteString("expiresAt", ExpiresAt.ToDateTimeOffset());
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Id(Session);
        writer.Text(Tenant);
        CredentialFields.WriteIds(writer, Ids);
        writer.Moment(ExpiresAt);
        writer.Id(Previous);
        writer.Number((ulong)Quotas.Count);
        foreach (var quota in Quotas)
        {
            writer.Handle(quota.Id);
            writer.Number(quota.Limit);
            writer.Number(quota.PeriodMs);
        }
    }

    internal static CredentialsIssued Read(ref RecordReader reader)
    {
        var (session, tenant, ids) = (reader.Id(), reader.Text(), CredentialFields.ReadIds(ref reader));
        var (expires, previous) = (reader.Moment(), reader.Id());
        var quotas = new QuotaRef[reader.Count()];
        for (var i = 0; i < quotas.Length; i++)
        {
            quotas[i] = new QuotaRef(reader.Handle(), reader.Long(), reader.Long());
        }

        return new CredentialsIssued(session, tenant, ids, expires, previous, quotas);
    }
}

/// <summary>Credentials of a tenant were revoked by their ids, known or not: a tombstone each until none of them can be unexpired.</summary>
public sealed record CredentialsRevoked(string Tenant, IReadOnlyList<UInt128> Ids, Instant DropAfter, string Reason, UInt128 RequestKey) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "credentials.revoked";
    /// <inheritdoc/>
    public override NodeRef Node => Ids.Count == 1
        ? new NodeRef(NodeKind.Credential, Tenant, Names.FormatId(Ids[0]))
        : new NodeRef(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 61;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteNumber("count", Ids.Count);
        json.WriteString("reason", Reason);
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        CredentialFields.WriteIds(writer, Ids);
        writer.Moment(DropAfter);
        writer.Text(Reason);
        writer.Id(RequestKey);
    }

    internal static CredentialsRevoked Read(ref RecordReader reader) =>
        new(reader.Text(), CredentialFields.ReadIds(ref reader), reader.Moment(), reader.Text(), reader.Id());
}

internal static class CredentialFields
{
    internal static void WriteIds(RecordWriter writer, IReadOnlyList<UInt128> ids)
    {
        writer.Number((ulong)ids.Count);
        for (var i = 0; i < ids.Count; i++)
        {
            writer.Id(ids[i]);
        }
    }

    internal static UInt128[] ReadIds(ref RecordReader reader)
    {
        var ids = new UInt128[reader.Count()];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = reader.Id();
        }

        return ids;
    }
}
