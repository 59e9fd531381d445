using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Tokens that are replaced at their use (docs/decisions/0040). Stored are hashes alone. A successor is made of the token that it replaces, which only its holder has, and of a salt, which only the store
/// has: so that it can be told once more, and never from what is stored. <paramref name="purpose"/>: a token of one purpose makes none of another. <paramref name="secretOf"/>: what of a token only its
/// holder knows; <paramref name="withSecret"/>: a token with another secret in its place.
/// </summary>
internal sealed class RotatingTokens(string purpose, Func<string, byte[]> secretOf, Func<string, byte[], string> withSecret, TimeProvider time)
{
    /// <summary>The bytes of a secret.</summary>
    public const int SecretSize = 32;

    /// <summary>How long the token that was replaced gives the same successor once more: an answer is lost at once, or not.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private long NowMs => Instant.From(time.GetUtcNow()).UnixMs;

    /// <summary>A chain that begins with a token.</summary>
    public TokenChain Begin(string token) => new(HashOf(token), null, null, NowMs);

    /// <summary>How a token stands.</summary>
    public TokenUse UseOf(TokenChain chain, string token)
    {
        var hash = HashOf(token);
        return IsSame(hash, chain.Current) ? TokenUse.Current
            : chain.Previous is { } previous && IsSame(hash, previous) && NowMs - chain.RotatedAtMs <= (long)Grace.TotalMilliseconds ? TokenUse.JustReplaced
            : TokenUse.Reused;
    }

    /// <summary>
    /// The successor of a token that was seen not to be reused, and the chain with it; the chain as it is where the token was replaced already: then its successor is told once more, and none is made, also
    /// where its time has run out meanwhile.
    /// </summary>
    public (TokenChain Chain, string Token) Next(TokenChain chain, string token)
    {
        if (UseOf(chain, token) != TokenUse.Current)
        {
            return (chain, Successor(token, chain.Salt!));
        }
        var salt = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretSize));
        var next = Successor(token, salt);
        return (new TokenChain(HashOf(next), chain.Current, salt, NowMs), next);
    }

    private string Successor(string token, string salt) => withSecret(token, HMACSHA256.HashData(secretOf(token), Encoding.ASCII.GetBytes($"{purpose}\n{salt}")));

    private static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token)));

    private static bool IsSame(string one, string other) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(one), Encoding.ASCII.GetBytes(other));
}
