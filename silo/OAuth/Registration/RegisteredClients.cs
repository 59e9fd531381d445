using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// Clients that have registered themselves (docs/decisions/0049), and the registration access tokens that they manage that by (RFC 7592): `fc.` and 32 random bytes in base64url, stored as hashes alone.
/// </summary>
internal sealed class RegisteredClients(OAuthNotes notes, TimeProvider time)
{
    /// <summary>What a `client_id` begins with that was given out here; then follow 128 random bits.</summary>
    public const string Prefix = "dcr:";

    /// <summary>The most clients of a tenant (B1), those included that an administrator has retired and that are not deleted.</summary>
    public const int OfTenantMax = 10_000;

    private const string TokenPrefix = "fc.";
    private const string Owner = "clients";
    private const int SecretSize = RotatingTokens.SecretSize;
    private const int SecretLength = 43;

    private static readonly Instant Forever = Instant.From(new DateTimeOffset(9999, 1, 1, 0, 0, 0, TimeSpan.Zero));

    // One that was replaced may repeat the update that replaced it, whose answer may have been lost, and gets the same successor.
    private readonly RotatingTokens _tokens = new("fabric registration", Encoding.ASCII.GetBytes, (_, secret) => Text(secret), time);

    /// <summary>Whether an agent's id is one of a client that has registered itself.</summary>
    public static bool IsRegistered(string agent) => agent.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether a text has the form of a registration access token.</summary>
    public static bool IsToken(string text) =>
        text.Length == TokenPrefix.Length + SecretLength && text.StartsWith(TokenPrefix, StringComparison.Ordinal) && Base64Url.IsValid(text.AsSpan(TokenPrefix.Length), out var size) && size == SecretSize;

    /// <summary>A new client, and its registration access token. It is not kept yet.</summary>
    public (RegisteredClient Client, string Token) Begin(InitialToken initial, ClientMetadata metadata)
    {
        var token = Text(RandomNumberGenerator.GetBytes(SecretSize));
        var chain = _tokens.Begin(token);
        var id = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var client = new RegisteredClient(
            id, initial.Id, metadata.Name, metadata.Method, metadata.Grants, metadata.NeedsProof, initial.Grants, initial.Hosts, chain.RotatedAtMs, chain.Current, chain.Previous, chain.Salt,
            chain.RotatedAtMs);
        return (client, token);
    }

    /// <summary>Keeps a new client. Null: it is kept.</summary>
    public ValueTask<Rejection?> AddAsync(string tenant, RegisteredClient client, CancellationToken cancellation) =>
        notes.Clients.AddAsync(tenant, notes.Clients.NameOf(tenant, client.Id), Owner, client.Initial, Forever, client, cancellation);

    /// <summary>A client; null: there is none.</summary>
    public ValueTask<Outcome<Held<RegisteredClient>?>> FindAsync(string tenant, string id, CancellationToken cancellation) =>
        IdText.IsValid(id) && IsRegistered(id) ? notes.Clients.FindAsync(tenant, id, cancellation) : new(Outcome<Held<RegisteredClient>?>.Of(null));

    /// <summary>The clients that came by an initial access token.</summary>
    public ValueTask<Outcome<IReadOnlyList<Held<RegisteredClient>>>> ListAsync(string tenant, string initial, CancellationToken cancellation) =>
        notes.Clients.ListAsync(tenant, initial, InitialTokens.RegistrationsMax, cancellation);

    /// <summary>Keeps a changed client. Null in place of a value: somebody else has changed it meanwhile.</summary>
    public ValueTask<Outcome<Held<RegisteredClient>?>> ReplaceAsync(Held<RegisteredClient> held, RegisteredClient client, CancellationToken cancellation) =>
        notes.Clients.ReplaceAsync(held, client, cancellation);

    /// <summary>Forgets a client; false: it was gone.</summary>
    public ValueTask<Outcome<bool>> RemoveAsync(Held<RegisteredClient> held, CancellationToken cancellation) => notes.Clients.RemoveAsync(held, cancellation);

    /// <summary>
    /// What an agent has registered for that asks for a grant, if it is a client that has registered itself; null for any other. Refusal: `unauthorized_client`, when it has not registered for the grant (RFC
    /// 7591 section 2), or nothing is kept of it, so that nobody can tell.
    /// </summary>
    public async ValueTask<Outcome<RegisteredClient?>> TermsOfAsync(string tenant, string agent, string grant, CancellationToken cancellation)
    {
        if (!IsRegistered(agent))
        {
            return Outcome<RegisteredClient?>.Of(null);
        }
        var found = await FindAsync(tenant, agent, cancellation);
        return !found.IsOk ? found.Rejection
            : found.Value is { } held && held.Value.MayUse(grant) ? held.Value
            : new Rejection(OAuthErrors.UnauthorizedClient, "grant_type", "the client has not registered for this grant");
    }

    /// <summary>Whether an agent is a client that has registered itself as one which proves itself by nothing.</summary>
    public async ValueTask<Outcome<bool>> IsPublicAsync(string tenant, string agent, CancellationToken cancellation)
    {
        if (!IsRegistered(agent))
        {
            return false;
        }
        var found = await FindAsync(tenant, agent, cancellation);
        return found.IsOk ? found.Value?.Value.Method == PublicClients.Method : found.Rejection;
    }

    /// <summary>How a registration access token stands among the client's.</summary>
    public TokenUse UseOf(RegisteredClient client, string token) => _tokens.UseOf(client.Chain, token);

    /// <summary>The client with the successor of a registration access token that is not reused.</summary>
    public (RegisteredClient Client, string Token) Rotate(RegisteredClient client, string token)
    {
        var (chain, next) = _tokens.Next(client.Chain, token);
        return (client with { Chain = chain }, next);
    }

    private static string Text(ReadOnlySpan<byte> secret) => TokenPrefix + Base64Url.EncodeToString(secret);
}
