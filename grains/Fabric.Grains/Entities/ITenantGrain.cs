using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <summary>A tenant, with its signing keys and the trust grants that it gave. Key: the tenant's id. Every command decides on the tenant's own events.</summary>
[Alias("fabric.tenant")]
public interface ITenantGrain : IGrainWithStringKey
{
    /// <summary>Creates it, with its first signing key.</summary>
    [Alias("create")]
    Task<Reply> CreateAsync(string by, string? name, LimitsWire limits, bool requireApproval);

    /// <summary>Changes it; null stays.</summary>
    [Alias("amend")]
    Task<Reply> AmendAsync(string by, string? name, LimitsWire? limits, bool? requireApproval);

    /// <summary>Makes a new signing key and retires the one that signs.</summary>
    [Alias("rotate-key")]
    Task<Reply> RotateKeyAsync(string by);

    /// <summary>Revokes a signing key; when it is the one that signs, another takes its place.</summary>
    [Alias("revoke-key")]
    Task<Reply> RevokeKeyAsync(string by, string kid, string reason);

    /// <summary>Offers a trust grant.</summary>
    [Alias("propose")]
    Task<Reply> ProposeTrustAsync(string by, UInt128 id, string grantee, byte[] scopes, long expiresMs);

    /// <summary>A tenant accepts a trust grant of this one.</summary>
    [Alias("accept")]
    Task<Reply> AcceptTrustAsync(string by, UInt128 id, string tenant);

    /// <summary>Trusts an issuer, which stands in an event as in a journal.</summary>
    [Alias("trust-issuer")]
    Task<Reply> TrustIssuerAsync(string by, byte[] trusted);

    /// <summary>Trusts an issuer no more.</summary>
    [Alias("distrust-issuer")]
    Task<Reply> DistrustIssuerAsync(string by, string id);

    /// <summary>Counts a session in and answers how many were live before.</summary>
    [Alias("session-opens")]
    Task<int> SessionOpensAsync();

    /// <summary>Counts a session out.</summary>
    [Alias("session-ends")]
    Task SessionEndsAsync();
}
