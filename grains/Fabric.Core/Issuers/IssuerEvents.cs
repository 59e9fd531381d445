using System.Text.Json;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;

namespace Fabric.Core.Issuers;

/// <summary>A tenant trusts an issuer; in place of what it trusted by the same id before.</summary>
public sealed record IssuerTrusted(string Tenant, TrustedIssuer Issuer) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "issuer.trusted";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 42;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json)
    {
        json.WriteString("id", Issuer.Id);
        json.WriteString("kind", IssuerKinds.NameOf(Issuer.Kind));
        json.WriteString("issuer", Issuer.Issuer);
        if (Issuer.Login is { } login)
        {
            json.WriteString("clientId", login.ClientId);
        }
    }

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        Issuer.Write(writer);
    }

    internal static IssuerTrusted Read(ref RecordReader reader) => new(reader.Text(), TrustedIssuer.Read(ref reader));
}

/// <summary>A tenant trusts an issuer no more.</summary>
public sealed record IssuerDistrusted(string Tenant, string Id) : FabricEvent
{
    /// <inheritdoc/>
    public override string Kind => "issuer.distrusted";
    /// <inheritdoc/>
    public override NodeRef Node => new(NodeKind.Tenant, Tenant, Tenant);
    internal override byte Number => 43;

    /// <inheritdoc/>
    public override void Describe(Utf8JsonWriter json) => json.WriteString("id", Id);

    internal override void Write(RecordWriter writer)
    {
        writer.Text(Tenant);
        writer.Text(Id);
    }

    internal static IssuerDistrusted Read(ref RecordReader reader) => new(reader.Text(), reader.Text());
}
