namespace Fabric.Engine;

/// <summary>A tenant's ES256 signature (r and s, 32 bytes each) of <paramref name="Input"/>, under the key <paramref name="Kid"/> of its JWKS.</summary>
public sealed record TenantSignature(string Kid, ReadOnlyMemory<byte> Input, ReadOnlyMemory<byte> Signature);
