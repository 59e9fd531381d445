namespace Fabric.Core.Agents;

/// <summary>
/// A public key by which an agent proves who it is without a secret that the fabric knows (RFC 7523): a P-256 point, 32 bytes each, big-endian. <paramref name="Kid"/>: what
/// its assertions call it.
/// </summary>
public sealed record AgentKey(string Kid, ReadOnlyMemory<byte> X, ReadOnlyMemory<byte> Y)
{
    /// <summary>The most keys of one agent (B1): one in use, and room to change it.</summary>
    public const int KeysMax = 8;
}
