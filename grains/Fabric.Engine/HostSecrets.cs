using System.Security.Cryptography;
using System.Text;
using Fabric.Engine.Commands;

namespace Fabric.Engine;

/// <summary>Seals the secrets that the host keeps beside the engine's state, under the engine's master key: what it must show to others, and so cannot keep as a hash.</summary>
public sealed class HostSecrets
{
    private readonly KeySealer _sealer;

    internal HostSecrets(KeySealer sealer) => _sealer = sealer;

    /// <summary>The sealed secret, as base64. It opens for the same purpose, tenant and name alone.</summary>
    public string Seal(string secret, string purpose, string tenant, string name) => Convert.ToBase64String(_sealer.Seal(Encoding.UTF8.GetBytes(secret), purpose, tenant, name));

    /// <summary>The secret; null when it was sealed under another master key, or for another purpose, tenant or name, or was changed.</summary>
    public string? Open(string @sealed, string purpose, string tenant, string name)
    {
        try
        {
            return Encoding.UTF8.GetString(_sealer.Open(Convert.FromBase64String(@sealed), purpose, tenant, name));
        }
        catch (Exception fault) when (fault is CryptographicException or FormatException)
        {
            return null;
        }
    }
}
