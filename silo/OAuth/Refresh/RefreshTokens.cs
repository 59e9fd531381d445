using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth.Refresh;

/// <summary>
/// Refresh tokens (RFC 6749 section 6, RFC 9700 section 4.14): `fr.` and base64url of the family's id (16 bytes) and a secret (32 bytes). Stored are hashes alone; they end with their session.
/// </summary>
internal sealed class RefreshTokens(OAuthNotes notes, TimeProvider time)
{
    /// <summary>What a refresh token begins with.</summary>
    public const string Prefix = "fr.";

    private const int IdSize = 16;
    private const int SecretSize = RotatingTokens.SecretSize;
    private const int BodyLength = 64;

    private readonly RotatingTokens _tokens = new("fabric refresh", token => BodyOf(token)![IdSize..], (token, secret) => Text([.. BodyOf(token)!.AsSpan(0, IdSize), .. secret]), time);

    /// <summary>The first token of a session.</summary>
    public async ValueTask<Outcome<string>> BeginAsync(Caller client, string user, string session, Instant until, string? proofKey, string? audience, CancellationToken cancellation)
    {
        var (tenant, token) = (client.Tenant!, Text(RandomNumberGenerator.GetBytes(IdSize + SecretSize)));
        var chain = _tokens.Begin(token);
        var family = new RefreshFamily(
            client.Subject, user, session, proofKey, audience, chain.Current, chain.Previous, chain.Salt, chain.RotatedAtMs, chain.RotatedAtMs, client.IsPublic);
        return await notes.Families.AddAsync(tenant, NameOf(tenant, token)!.Value, client.Subject, null, until, family, cancellation) is { } refused ? refused : token;
    }

    /// <summary>The family of a token; null: it is none that is known.</summary>
    public async ValueTask<Outcome<Held<RefreshFamily>?>> FindAsync(string tenant, string token, CancellationToken cancellation) =>
        NameOf(tenant, token) is { } name ? await notes.Families.FindAsync(tenant, name, cancellation) : Outcome<Held<RefreshFamily>?>.Of(null);

    /// <summary>How a token stands in its family.</summary>
    public TokenUse UseOf(RefreshFamily family, string token)
    {
        var use = _tokens.UseOf(family.Chain, token);
        return use == TokenUse.JustReplaced && !HasGrace(family) ? TokenUse.Reused : use;
    }

    /// <summary>The successor of a token that is not reused; null: the family was changed meanwhile, and has to be looked at again.</summary>
    public async ValueTask<Outcome<string?>> NextAsync(Held<RefreshFamily> held, string token, CancellationToken cancellation)
    {
        var (chain, next) = _tokens.Next(held.Value.Chain, token);
        if (chain == held.Value.Chain)
        {
            return Outcome<string?>.Of(next);
        }
        var replaced = await notes.Families.ReplaceAsync(held, held.Value with { Chain = chain }, cancellation);
        return replaced.IsOk ? Outcome<string?>.Of(replaced.Value is null ? null : next) : replaced.Rejection;
    }

    /// <summary>Forgets a family.</summary>
    public ValueTask<Outcome<bool>> ForgetAsync(Held<RefreshFamily> held, CancellationToken cancellation) => notes.Families.RemoveAsync(held, cancellation);

    // docs/decisions/0057: to who proves to be the client, or to hold the key; of a client that proves neither it would be to anybody.
    private static bool HasGrace(RefreshFamily family) => !family.IsPublic || family.ProofKey is not null;

    private UInt128? NameOf(string tenant, string token) => BodyOf(token) is { } body ? notes.Families.NameOf(tenant, Convert.ToHexStringLower(body.AsSpan(0, IdSize))) : null;

    private static byte[]? BodyOf(string token)
    {
        var body = new byte[IdSize + SecretSize];
        return token.Length == Prefix.Length + BodyLength && token.StartsWith(Prefix, StringComparison.Ordinal)
            && Base64Url.DecodeFromChars(token.AsSpan(Prefix.Length), body, out _, out var written) == OperationStatus.Done && written == body.Length ? body : null;
    }

    private static string Text(ReadOnlySpan<byte> body) => Prefix + Base64Url.EncodeToString(body);
}
