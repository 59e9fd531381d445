using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Silo.OAuth.Interaction;

/// <summary>Secrets that browsers hold, and what is proven by them.</summary>
internal static class PageSecrets
{
    private const int Size = 32;

    /// <summary>The characters of a secret.</summary>
    public const int Length = 43;

    /// <summary>A new secret, in base64url.</summary>
    public static string Make() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Size));

    /// <summary>
    /// The token of a form, which only who holds the secret's cookie is given with the page: for one use and one content. Nothing is stored, and another site, which cannot read the page, has
    /// none.
    /// </summary>
    public static string FormToken(string secret, string use, string content) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(secret), Encoding.UTF8.GetBytes($"{use}\n{content}")));

    /// <summary>Whether a form's token is this one. Constant time.</summary>
    public static bool IsFormToken(string? token, string secret, string use, string content) =>
        token is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.ASCII.GetBytes(FormToken(secret, use, content)));
}
