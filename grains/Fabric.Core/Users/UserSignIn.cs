namespace Fabric.Core.Users;

/// <summary>
/// How a user proves itself to the fabric: the salted hash of a password (PBKDF2 with HMAC-SHA-256, RFC 8018). <paramref name="Approves"/>: whether its yes to a session counts where the
/// agent or the tenant asks for an approval.
/// </summary>
public sealed record UserSignIn(ReadOnlyMemory<byte> Salt, ReadOnlyMemory<byte> Hash, int Iterations, bool Approves);
