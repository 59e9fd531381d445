using System.Security.Cryptography;
using Fabric.Contracts.Credentials;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Sessions;
using Fabric.Core.Tokens;

namespace Fabric.Engine.Commands;

/// <summary>The tenants' ES256 signing keys: made here, sealed at rest, opened on first use after a start.</summary>
internal sealed class SigningKeys(KeySealer sealer, string issuer, IReadOnlyList<string>? statusTenants = null)
{
    private const string Purpose = "signing-key";

    /// <summary>What the host keeps beside the engine's state is sealed under the same master key, each purpose by itself.</summary>
    internal HostSecrets HostSecrets { get; } = new(sealer);

    /// <summary>A new key pair for a tenant; the private part leaves this method sealed only.</summary>
    internal SigningKeyAdded Make(string tenant)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parameters = key.ExportParameters(includePrivateParameters: true);
        var kid = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        var sealedPrivate = sealer.Seal(parameters.D, Purpose, tenant, kid);
        CryptographicOperations.ZeroMemory(parameters.D);
        return new SigningKeyAdded(tenant, kid, parameters.Q.X, parameters.Q.Y, sealedPrivate);
    }

    /// <summary>Signs the tokens of an issuance, in the order of its ids.</summary>
    internal Outcome<IReadOnlyList<IssuedCredential>> Sign(
        SessionState session, IReadOnlyList<TokenActor> actors, IssuedBatch issued, SigningKeyEntry key, string audience, string? proofKey, Instant now, HandleSpace handles)
    {
        var signer = key.Signer ??= Open(key.Key, key.SealedPrivate);
        var credentials = new IssuedCredential[issued.Event.Ids.Count];
        for (var i = 0; i < credentials.Length; i++)
        {
            var id = issued.Event.Ids[i];
            var node = new LineageNode(NodeKind.Credential, handles.OfId(NodeKind.Credential, key.Key.TenantHandle, id), 1);
            var claims = new TokenClaims
            {
                Issuer = IssuerOf(session.Tenant), Tenant = session.Tenant, Subject = session.UserName ?? session.Agent,
                ClientId = session.Agent, SessionId = session.Id, CredentialId = id, IssuedAt = now, ExpiresAt = issued.Event.ExpiresAt,
                Audience = audience, Lineage = session.LineageWith(node), Scopes = issued.Scopes, Actors = actors, ProofKey = proofKey,
            };
            claims = statusTenants is null || !HasStatus(session.Tenant) ? claims : claims with { StatusUri = StatusUri.Of(IssuerOf(session.Tenant), claims.Lineage) };
            var token = signer.MakeToken(claims);
            if (!token.IsOk)
            {
                return token.Rejection;
            }

            credentials[i] = new IssuedCredential(Names.FormatId(id), token.Value);
        }

        return Outcome<IReadOnlyList<IssuedCredential>>.Of(credentials);
    }

    /// <summary>Signs what a tenant says beside its tokens; null when it has no key that signs.</summary>
    internal Outcome<TenantSignature> Sign(SigningKeyEntry? key, string tenant, Func<string, byte[]> input)
    {
        if (key is null)
        {
            return new Rejection(Codes.TenantNoKey, tenant, "the tenant has no key that signs: rotate the key");
        }

        var signer = key.Signer ??= Open(key.Key, key.SealedPrivate);
        var (bytes, signature) = (input(signer.Kid), new byte[TokenWriter.SignatureSize]);
        signer.Sign(bytes, signature);
        return new TenantSignature(signer.Kid, bytes, signature);
    }

    private bool HasStatus(string tenant) => statusTenants!.Contains("*", StringComparer.Ordinal) || statusTenants!.Contains(tenant, StringComparer.Ordinal);

    /// <summary>A tenant's issuer (`iss`).</summary>
    internal string IssuerOf(string tenant) => $"{issuer}/tenants/{tenant}";

    private TokenSigner Open(VerificationKey key, ReadOnlyMemory<byte> sealedPrivate)
    {
        var d = sealer.Open(sealedPrivate.Span, Purpose, key.Tenant, key.Kid);
        try
        {
            return new TokenSigner(key.Kid, key.X.Span, key.Y.Span, d);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(d);
        }
    }
}
