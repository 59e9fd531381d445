using System.Globalization;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Benchmarks.Subjects;

/// <summary>What benchmarks work on: made of numbers, the same in every run, in the sizes of real ones.</summary>
internal static class Sample
{
    /// <summary>The moment at which everything happens.</summary>
    public static readonly Instant Now = new(1_900_000_000_000);

    /// <summary>The handles of the sample's nodes.</summary>
    public static readonly HandleSpace Handles = new(new byte[HandleSpace.SaltSize]);

    /// <summary>The tenant's handle.</summary>
    public static readonly Handle Tenant = Handles.OfTenant(TenantId);

    /// <summary>The tenant.</summary>
    public const string TenantId = "acme";

    /// <summary>The handle of a session or a credential.</summary>
    public static Handle HandleOf(NodeKind kind, int i) => Handles.OfId(kind, Tenant, (UInt128)(uint)i << 64);

    /// <summary>A credential's lineage: tenant, user, agent, session and itself.</summary>
    public static Lineage LineageOf(int i) => new(
    [
        new(NodeKind.Tenant, Tenant, 1),
        new(NodeKind.User, Handles.OfUser(TenantId, $"user-{i:d7}"), 1),
        new(NodeKind.Agent, Handles.OfAgent(TenantId, $"assistant-{i:d7}"), 1),
        new(NodeKind.Session, HandleOf(NodeKind.Session, i), 1),
        new(NodeKind.Credential, HandleOf(NodeKind.Credential, i), 1),
    ]);

    /// <summary>The scopes of one task: a customer, and the documents.</summary>
    public static ScopeSet ScopesOf(int i) => ScopeSet.Create(
    [
        new("crm.get", "call", Customer(i)), new("crm.update", "call", Customer(i)),
        new("docs.search", "*", "*", new ScopeConstraints(ReadOnly: true), []),
    ]).Value;

    /// <summary>A credential's claims, an hour long.</summary>
    public static TokenClaims ClaimsOf(int i) => new()
    {
        Issuer = "https://fabric.example",
        Tenant = TenantId,
        Subject = $"user-{i:d7}",
        ClientId = $"assistant-{i:d7}",
        SessionId = (UInt128)(uint)i << 64,
        CredentialId = (UInt128)(uint)i << 64,
        IssuedAt = Now,
        ExpiresAt = Now + TimeSpan.FromHours(1),
        Audience = "https://tools.example",
        Lineage = LineageOf(i),
        Scopes = ScopesOf(i),
    };

    /// <summary>A call that the scopes allow; its texts are its own.</summary>
    public static ToolCall CallOf(int i) => new("crm.update", "call", Customer(i), ActionClass.Write);

    /// <summary>A revoked credential's record.</summary>
    public static IndexRecord RevokedOf(int i) => new(HandleOf(NodeKind.Credential, i), NodeKind.Credential, IndexRecord.Terminal, default, Now + TimeSpan.FromHours(1));

    private static string Customer(int i) => string.Create(CultureInfo.InvariantCulture, $"customer/{i}");
}
