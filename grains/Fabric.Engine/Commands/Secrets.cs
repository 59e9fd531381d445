using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Engine.Commands;

/// <summary>
/// Makes and takes apart the secrets that callers present: `fk.KEYID.SECRET` (API keys) and `fa.AGENT.SECRET` (agents; AGENT is base64url of
/// `tenant/agent`). The last part is 32 random bytes; only the SHA-256 of the whole is stored, which is enough for a secret that cannot be guessed.
/// </summary>
internal static class Secrets
{
    private const int RandomBytes = 32;

    /// <summary>The longest secret: two ids in base64url and the random part (B1).</summary>
    internal const int LengthMax = 512;

    internal static string MakeAgent(string tenant, string agent) =>
        $"fa.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{tenant}/{agent}"))}.{Random()}";

    internal static (string Id, string Secret) MakeApiKey()
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        return (id, $"fk.{id}.{Random()}");
    }

    /// <summary>The id of an API key that is presented; null: not one.</summary>
    internal static string? ApiKeyId(ReadOnlySpan<char> presented) =>
        presented.StartsWith("fk.", StringComparison.Ordinal) && presented[3..].IndexOf('.') is > 0 and var end ? presented.Slice(3, end).ToString() : null;

    /// <summary>The tenant and agent of an agent's secret that is presented; null: not one.</summary>
    internal static (string Tenant, string Agent)? AgentOf(ReadOnlySpan<char> presented)
    {
        if (!presented.StartsWith("fa.", StringComparison.Ordinal) || presented[3..].IndexOf('.') is not (> 0 and var end))
        {
            return null;
        }

        Span<byte> name = stackalloc byte[LengthMax];
        if (Base64Url.DecodeFromChars(presented.Slice(3, end), name, out _, out var length) != OperationStatus.Done)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(name[..length]);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash <= 0 ? null : (text[..slash], text[(slash + 1)..]);
    }

    /// <summary>The hash that is stored and compared, in constant time.</summary>
    internal static byte[] Hash(ReadOnlySpan<char> secret)
    {
        Span<byte> utf8 = stackalloc byte[LengthMax * 3];
        return SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(secret, utf8)]);
    }

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
}
