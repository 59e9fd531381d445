using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Users;

namespace Fabric.Engine;

/// <summary>
/// Passwords of users: PBKDF2 with HMAC-SHA-256 (RFC 8018) and a salt of the user's own. Making and checking one takes a fair part of a second of a processor, so callers bound how many
/// they do at once.
/// </summary>
public static class UserPasswords
{
    /// <summary>The fewest characters of a password.</summary>
    public const int LengthMin = 12;

    /// <summary>The most (B1).</summary>
    public const int LengthMax = 256;

    private const int Iterations = 600_000;
    private const int SaltSize = 16;
    private const int HashSize = 32;

    // What nobody's password is: the same work for a user that is not there.
    private static readonly UserSignIn Nobody = new(new byte[SaltSize], new byte[HashSize], Iterations, false);

    /// <summary>Null when a text may be a password.</summary>
    public static Rejection? Check(string password) => password.Length is >= LengthMin and <= LengthMax && PlainText.Is(password)
        ? null
        : new Rejection(Codes.InvalidField, "password", $"a password has {LengthMin} to {LengthMax} plain characters");

    /// <summary>What is stored of a password.</summary>
    public static UserSignIn Make(string password, bool approves)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return new UserSignIn(salt, Derive(password, salt, Iterations, HashSize), Iterations, approves);
    }

    /// <summary>Whether a password is the user's; null: there is no such user, which takes as long to find out.</summary>
    public static bool IsOf(string password, UserSignIn? signIn)
    {
        var stored = signIn ?? Nobody;
        var derived = Derive(password, stored.Salt.Span, stored.Iterations, stored.Hash.Length);
        return CryptographicOperations.FixedTimeEquals(derived, stored.Hash.Span) && signIn is not null;
    }

    private static byte[] Derive(string password, ReadOnlySpan<byte> salt, int iterations, int size) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, size);
}
