using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Agents;

/// <summary>An agent was registered.</summary>
public sealed record AgentRegistered(
    string Tenant, string Id, AgentKind AgentKind, string Name, string? Owner, string? Environment, ScopeSet Ceiling, Instant ReviewAt,
    bool RequireApproval, ReadOnlyMemory<byte> SecretHash) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "agent.registered";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Agent, Tenant, Id);
    internal override byte Number => 30;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("agentKind", AgentKind.ToString().ToLowerInvariant());
        json.WriteString("name", Name);
        json.WriteString("owner", Owner);
        json.WriteString("environment", Environment);
        json.WriteBoolean("requireApproval", RequireApproval);
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Id);
        writer.Byte((byte)AgentKind);
        writer.Text(Name);
        writer.Text(Owner);
        writer.Text(Environment);
        writer.Scopes(Ceiling);
        writer.Moment(ReviewAt);
        writer.Bool(RequireApproval);
        writer.Bytes(SecretHash.Span);
    }

    internal static AgentRegistered Read(ref RecordReader reader) => new(
        reader.Text(), reader.Text(), (AgentKind)reader.Byte(), reader.Text(), reader.TextOrNull(), reader.TextOrNull(), reader.Scopes(),
        reader.Moment(), reader.Bool(), reader.Bytes().ToArray());
}

/// <summary>An agent got a new secret.</summary>
public sealed record AgentSecretRotated(string Tenant, string Id, ReadOnlyMemory<byte> SecretHash) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "agent.secret_rotated";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Agent, Tenant, Id);
    internal override byte Number => 31;

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Id);
        writer.Bytes(SecretHash.Span);
    }

    internal static AgentSecretRotated Read(ref RecordReader reader) => new(reader.Text(), reader.Text(), reader.Bytes().ToArray());
}

/// <summary>An agent's public keys were replaced; none: it has its secret alone.</summary>
public sealed record AgentKeysSet(string Tenant, string Id, IReadOnlyList<AgentKey> Keys) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "agent.keys_set";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Agent, Tenant, Id);
    internal override byte Number => 34;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteStartArray("keys");
        foreach (var key in Keys)
        {
            json.WriteStringValue(key.Kid);
        }

        json.WriteEndArray();
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Id);
        writer.Number((ulong)Keys.Count);
        foreach (var key in Keys)
        {
            writer.Text(key.Kid);
            writer.Bytes(key.X.Span);
            writer.Bytes(key.Y.Span);
        }
    }

    internal static AgentKeysSet Read(ref RecordReader reader)
    {
        var (tenant, id) = (reader.Text(), reader.Text());
        var keys = new AgentKey[Math.Min(reader.Count(), AgentKey.KeysMax)];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = new AgentKey(reader.Text(), reader.Bytes().ToArray(), reader.Bytes().ToArray());
        }

        return new AgentKeysSet(tenant, id, keys);
    }
}

/// <summary>The redirect URIs of an agent were replaced; none: it is in no authorization request.</summary>
public sealed record AgentRedirectsSet(string Tenant, string Id, IReadOnlyList<string> Uris) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "agent.redirects_set";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Agent, Tenant, Id);
    internal override byte Number => 35;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteStartArray("redirectUris");
        foreach (var uri in Uris)
        {
            json.WriteStringValue(uri);
        }

        json.WriteEndArray();
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Id);
        writer.Number((ulong)Uris.Count);
        foreach (var uri in Uris)
        {
            writer.Text(uri);
        }
    }

    internal static AgentRedirectsSet Read(ref RecordReader reader)
    {
        var (tenant, id) = (reader.Text(), reader.Text());
        var uris = new string[Math.Min(reader.Count(), RedirectUri.CountMax)];
        for (var i = 0; i < uris.Length; i++)
        {
            uris[i] = reader.Text();
        }

        return new AgentRedirectsSet(tenant, id, uris);
    }
}

/// <summary>An agent got another owner.</summary>
public sealed record AgentTransferred(string Tenant, string Id, string Owner) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "agent.transferred";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Agent, Tenant, Id);
    internal override byte Number => 32;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => json.WriteString("owner", Owner);

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Id);
        writer.Text(Owner);
    }

    internal static AgentTransferred Read(ref RecordReader reader) => new(reader.Text(), reader.Text(), reader.Text());
}

/// <summary>A shared agent was reviewed.</summary>
public sealed record AgentReviewed(string Tenant, string Id, Instant NextReviewAt) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "agent.reviewed";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Agent, Tenant, Id);
    internal override byte Number => 33;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => json.WriteString("nextReviewAt", NextReviewAt.ToDateTimeOffset());

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Id);
        writer.Moment(NextReviewAt);
    }

    internal static AgentReviewed Read(ref RecordReader reader) => new(reader.Text(), reader.Text(), reader.Moment());
}
