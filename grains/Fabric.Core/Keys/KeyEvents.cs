using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;

namespace Fabric.Core.Keys;

/// <summary>A tenant got a signing key. The private part is sealed under the master key and never described.</summary>
public sealed record SigningKeyAdded(
    string Tenant, string Kid, ReadOnlyMemory<byte> X, ReadOnlyMemory<byte> Y, ReadOnlyMemory<byte> SealedPrivate) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "key.added";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 80;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => json.WriteString("kid", Kid);

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Kid);
        writer.Bytes(X.Span);
        writer.Bytes(Y.Span);
        writer.Bytes(SealedPrivate.Span);
    }

    internal static SigningKeyAdded Read(ref RecordReader reader) =>
        new(reader.Text(), reader.Text(), reader.Bytes().ToArray(), reader.Bytes().ToArray(), reader.Bytes().ToArray());
}

/// <summary>A signing key signs no more; it verifies until <paramref name="RetireAfter"/>, when nothing that it signed is unexpired.</summary>
public sealed record SigningKeyRetired(string Tenant, string Kid, Instant RetireAfter) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "key.retired";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 81;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("kid", Kid);
        json.WriteString("retireAfter", RetireAfter.ToDateTimeOffset());
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Kid);
        writer.Moment(RetireAfter);
    }

    internal static SigningKeyRetired Read(ref RecordReader reader) => new(reader.Text(), reader.Text(), reader.Moment());
}

/// <summary>
/// A signing key was revoked: nothing that it signed verifies from now on. It is kept until <paramref name="DropAfter"/>, when nothing that it signed can be
/// unexpired, so that whoever asks for it is told.
/// </summary>
public sealed record SigningKeyRevoked(string Tenant, string Kid, string Reason, Instant DropAfter) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "key.revoked";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 82;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("kid", Kid);
        json.WriteString("reason", Reason);
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Kid);
        writer.Text(Reason);
        writer.Moment(DropAfter);
    }

    internal static SigningKeyRevoked Read(ref RecordReader reader) => new(reader.Text(), reader.Text(), reader.Text(), reader.Moment());
}

/// <summary>An API key was made. <paramref name="SecretHash"/>: SHA-256 of its secret.</summary>
public sealed record ApiKeyMade(
    string Id, int Role, string Subject, string? Tenant, Instant ExpiresAt, ReadOnlyMemory<byte> SecretHash) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "api_key.made";
    /// <inheritdoc/>
    public override NodeRef Node => Tenant is null ? default : new NodeRef(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 90;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("id", Id);
        json.WriteString("subject", Subject);
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Id);
        writer.Number((long)Role);
        writer.Text(Subject);
        writer.Text(Tenant);
        writer.Moment(ExpiresAt);
        writer.Bytes(SecretHash.Span);
    }

    internal static ApiKeyMade Read(ref RecordReader reader) =>
        new(reader.Text(), reader.Count(), reader.Text(), reader.TextOrNull(), reader.Moment(), reader.Bytes().ToArray());
}

/// <summary>
/// An operator let enforcement points of an API key use a read bound of up to <paramref name="BoundMs"/> (best effort). <paramref name="Id"/>: the key's.
/// </summary>
public sealed record BestEffortGranted(string Id, string? Tenant, long BoundMs) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "api_key.best_effort_granted";
    /// <inheritdoc/>
    public override NodeRef Node => Tenant is null ? default : new NodeRef(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 92;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("id", Id);
        json.WriteNumber("boundMs", BoundMs);
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Id);
        writer.Text(Tenant);
        writer.Number(BoundMs);
    }

    internal static BestEffortGranted Read(ref RecordReader reader) => new(reader.Text(), reader.TextOrNull(), reader.Long());
}

/// <summary>An API key was revoked.</summary>
public sealed record ApiKeyRevoked(string Id, string? Tenant) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "api_key.revoked";
    /// <inheritdoc/>
    public override NodeRef Node => Tenant is null ? default : new NodeRef(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 91;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => json.WriteString("id", Id);

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Id);
        writer.Text(Tenant);
    }

    internal static ApiKeyRevoked Read(ref RecordReader reader) => new(reader.Text(), reader.TextOrNull());
}
