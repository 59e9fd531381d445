using System.Text.Json;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;

namespace Fabric.Core.Tenants;

/// <summary>A tenant was created.</summary>
public sealed record TenantCreated(string Tenant, string Name, TenantLimits Limits, bool RequireApproval) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "tenant.created";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 10;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => TenantFields.Describe(json, Name, Limits, RequireApproval);

    internal override void Write(RecordWriter writer) => TenantFields.Write(writer, Tenant, Name, Limits, RequireApproval);

    internal static TenantCreated Read(ref RecordReader reader) =>
        new(reader.Text(), reader.Text(), TenantFields.ReadLimits(ref reader), reader.Bool());
}

/// <summary>A tenant's name, limits or policy were changed; all fields as they are now.</summary>
public sealed record TenantAmended(string Tenant, string Name, TenantLimits Limits, bool RequireApproval) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "tenant.amended";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 11;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => TenantFields.Describe(json, Name, Limits, RequireApproval);

    internal override void Write(RecordWriter writer) => TenantFields.Write(writer, Tenant, Name, Limits, RequireApproval);

    internal static TenantAmended Read(ref RecordReader reader) =>
        new(reader.Text(), reader.Text(), TenantFields.ReadLimits(ref reader), reader.Bool());
}

internal static class TenantFields
{
    internal static void Describe(Utf8JsonWriter json, string name, TenantLimits limits, bool requireApproval)
    {
        json.WriteString("name", name);
        json.WriteNumber("sessionSecondsMax", limits.SessionLifetime.TotalSeconds);
        json.WriteNumber("credentialSecondsMax", limits.CredentialLifetime.TotalSeconds);
        json.WriteBoolean("requireApproval", requireApproval);
    }

    internal static void Write(RecordWriter writer, string tenant, string name, TenantLimits limits, bool requireApproval)
    {
        writer.Text(tenant);
        writer.Text(name);
        writer.Number((long)limits.SessionLifetime.TotalMilliseconds);
        writer.Number((long)limits.CredentialLifetime.TotalMilliseconds);
        writer.Number((long)limits.DelegationDepth);
        writer.Number((long)limits.LiveSessions);
        writer.Number((long)limits.ApprovalWait.TotalMilliseconds);
        writer.Bool(requireApproval);
    }

    internal static TenantLimits ReadLimits(ref RecordReader reader) => new(
        TimeSpan.FromMilliseconds(reader.Long()), TimeSpan.FromMilliseconds(reader.Long()), reader.Count(), reader.Count(),
        TimeSpan.FromMilliseconds(reader.Long()));
}
