using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth.Refresh;

/// <summary>How a refresh token that is shown stands in its family.</summary>
internal enum RefreshUse
{
    /// <summary>It is the newest.</summary>
    Current,

    /// <summary>It was replaced a moment ago: its answer may have been lost.</summary>
    JustReplaced,

    /// <summary>It was replaced, or nobody gave it out: somebody else has one.</summary>
    Reused,
}

/// <summary>
/// Refresh tokens (RFC 6749 section 6, RFC 9700 section 4.14): `fr.` and base64url of the family's id (16 bytes) and a secret (32 bytes). Stored are hashes alone; they end with their session.
/// </summary>
internal sealed class RefreshTokens(OAuthNotes notes, TimeProvider time)
{
    /// <summary>What a refresh token begins with.</summary>
    public const string Prefix = "fr.";

    /// <summary>How long the token that was replaced gives the same successor once more (docs/decisions/0040): an answer is lost at once, or not.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private const int IdSize = 16;
    private const int SecretSize = 32;
    private const int BodyLength = 64;

    private Instant Now => Instant.From(time.GetUtcNow());

    /// <summary>The first token of a session.</summary>
    public async ValueTask<Outcome<string>> BeginAsync(Caller client, string user, string session, Instant until, string? proofKey, string? audience, CancellationToken cancellation)
    {
        var body = RandomNumberGenerator.GetBytes(IdSize + SecretSize);
        var (token, now) = (Text(body), Now.UnixMs);
        var family = new RefreshFamily(client.Subject, user, session, proofKey, audience, HashOf(token), null, null, now, now, client.IsPublic);
        var tenant = client.Tenant!;
        return await notes.Families.AddAsync(tenant, NameOf(tenant, token)!.Value, client.Subject, null, until, family, cancellation) is { } refused ? refused : token;
    }

    /// <summary>The family of a token; null: it is none that is known.</summary>
    public async ValueTask<Outcome<Held<RefreshFamily>?>> FindAsync(string tenant, string token, CancellationToken cancellation) =>
        NameOf(tenant, token) is { } name ? await notes.Families.FindAsync(tenant, name, cancellation) : Outcome<Held<RefreshFamily>?>.Of(null);

    /// <summary>How a token stands in its family.</summary>
    public RefreshUse UseOf(RefreshFamily family, string token)
    {
        var hash = HashOf(token);
        return IsSame(hash, family.Current) ? RefreshUse.Current
            : HasGrace(family) && family.Previous is { } previous && IsSame(hash, previous) && Now.UnixMs - family.RotatedAtMs <= (long)Grace.TotalMilliseconds ? RefreshUse.JustReplaced
            : RefreshUse.Reused;
    }

    /// <summary>
    /// The successor of a token; null: the family was changed meanwhile, and has to be looked at again. The successor is made of the token that it replaces, which only its holder has, and of a
    /// salt, which only the store has: so that it can be told once more, and never from what is stored.
    /// </summary>
    public async ValueTask<Outcome<string?>> NextAsync(Held<RefreshFamily> held, string token, CancellationToken cancellation)
    {
        var family = held.Value;
        if (UseOf(family, token) == RefreshUse.JustReplaced)
        {
            return Outcome<string?>.Of(Successor(token, family.Salt!));
        }
        var salt = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretSize));
        var next = Successor(token, salt);
        var replaced = await notes.Families.ReplaceAsync(
            held, family with { Current = HashOf(next), Previous = family.Current, Salt = salt, RotatedAtMs = Now.UnixMs }, cancellation);
        return replaced.IsOk ? Outcome<string?>.Of(replaced.Value is null ? null : next) : replaced.Rejection;
    }

    /// <summary>Forgets a family.</summary>
    public ValueTask<Outcome<bool>> ForgetAsync(Held<RefreshFamily> held, CancellationToken cancellation) => notes.Families.RemoveAsync(held, cancellation);

    // docs/decisions/0057: to who proves to be the client, or to hold the key; of a client that proves neither it would be to anybody.
    private static bool HasGrace(RefreshFamily family) => !family.IsPublic || family.ProofKey is not null;

    private static string Successor(string token, string salt)
    {
        var body = BodyOf(token)!;
        var secret = HMACSHA256.HashData(body.AsSpan(IdSize), Encoding.ASCII.GetBytes("fabric refresh\n" + salt));
        return Text([.. body.AsSpan(0, IdSize), .. secret]);
    }

    private UInt128? NameOf(string tenant, string token) => BodyOf(token) is { } body ? notes.Families.NameOf(tenant, Convert.ToHexStringLower(body.AsSpan(0, IdSize))) : null;

    private static byte[]? BodyOf(string token)
    {
        var body = new byte[IdSize + SecretSize];
        return token.Length == Prefix.Length + BodyLength && token.StartsWith(Prefix, StringComparison.Ordinal)
            && Base64Url.DecodeFromChars(token.AsSpan(Prefix.Length), body, out _, out var written) == OperationStatus.Done && written == body.Length ? body : null;
    }

    private static string Text(ReadOnlySpan<byte> body) => Prefix + Base64Url.EncodeToString(body);

    private static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token)));

    private static bool IsSame(string one, string other) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(one), Encoding.ASCII.GetBytes(other));
}
