using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Core.Tokens;

/// <summary>
/// Reads the claims of a payload. Claims that are not known are ignored (RFC 7519 section 4), since only the fabric signs; inside of
/// `authorization_details`, `act` and `cnf`, where they could narrow what is allowed, they are refused.
/// </summary>
internal static class ClaimsJson
{
    // Year 9999: everything past it is a mistake, and overflows somewhere.
    private const long SecondsMax = 253_402_300_799;

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>The claims. Throws what <see cref="JsonElement"/> throws, or <see cref="UnreadableException"/>, when they are not complete and valid.</summary>
    public static TokenClaims Read(JsonElement payload, ScopePool? scopes) => new()
    {
        Issuer = Name(payload, "iss"),
        Tenant = Id(payload, "tenant"),
        Subject = Id(payload, "sub"),
        ClientId = Id(payload, "client_id"),
        SessionId = Number128(payload, "sid"),
        CredentialId = Number128(payload, "jti"),
        IssuedAt = Moment(payload, "iat"),
        ExpiresAt = Moment(payload, "exp"),
        Audience = Name(payload, "aud"),
        Lineage = ReadLineage(payload),
        Scopes = payload.TryGetProperty("authorization_details"u8, out var details) ? ReadScopes(details, scopes) : throw Missing("authorization_details"),
        Actors = payload.TryGetProperty("act"u8, out var act) ? ReadActors(act) : [],
        ProofKey = payload.TryGetProperty("cnf"u8, out var confirmation) ? ReadProofKey(confirmation) : null,
    };

    private static ScopeSet ReadScopes(JsonElement details, ScopePool? scopes) =>
        scopes?.Find(JsonMarshal.GetRawUtf8Value(details)) ?? ScopeJson.Read(details);

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Missing(name);

    private static string Name(JsonElement parent, string name)
    {
        var text = Text(parent, name);
        return text.Length is >= 1 and <= TokenClaims.NameLengthMax && PlainText.Is(text) ? text : throw Invalid(name);
    }

    private static string Id(JsonElement parent, string name)
    {
        var text = Text(parent, name);
        return IdText.IsValid(text) ? text : throw Invalid(name);
    }

    private static UInt128 Number128(JsonElement parent, string name)
    {
        var text = Text(parent, name);
        return text.Length == 32 && !text.AsSpan().ContainsAnyExcept(LowerHex)
            ? UInt128.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw Invalid(name);
    }

    private static Instant Moment(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value))
        {
            throw Missing(name);
        }

        return value.TryGetInt64(out var seconds) && seconds is >= 0 and <= SecondsMax ? new Instant(seconds * 1000) : throw Invalid(name);
    }

    private static Lineage ReadLineage(JsonElement payload)
    {
        var text = Text(payload, "lin");
        Span<byte> ascii = stackalloc byte[2048];
        if (text.Length > ascii.Length || !System.Text.Ascii.IsValid(text))
        {
            throw Invalid("lin");
        }

        System.Text.Encoding.ASCII.GetBytes(text, ascii);

        // INVARIANT R1: relied on by every check; a token that does not carry its own node could not be revoked by its id.
        return Lineage.TryRead(TokenReader.Decode(ascii[..text.Length])) is { Nodes: [.., { Kind: NodeKind.Credential }] } lineage
            ? lineage
            : throw Invalid("lin");
    }

    private static List<TokenActor> ReadActors(JsonElement act)
    {
        var actors = new List<TokenActor>();
        for (JsonElement? at = act; at is { } actor;)
        {
            if (actors.Count == TokenClaims.ActorsMax)
            {
                throw Invalid("act");
            }

            at = null;
            var known = 2;
            string? user = null;
            if (actor.TryGetProperty("user"u8, out _))
            {
                user = Id(actor, "user");
                known++;
            }

            if (actor.TryGetProperty("act"u8, out var next))
            {
                at = next;
                known++;
            }

            actors.Add(new TokenActor(Id(actor, "tenant"), Id(actor, "sub"), user));
            if (actor.GetPropertyCount() != known)
            {
                throw Invalid("act");
            }
        }

        return actors;
    }

    // A confirmation that is not understood (RFC 7800 section 3.1) must not be passed over: it says who may use the token.
    private static string ReadProofKey(JsonElement confirmation) =>
        confirmation.GetPropertyCount() == 1 && Text(confirmation, "jkt") is var thumbprint && Thumbprints.IsValid(thumbprint) ? thumbprint : throw Invalid("cnf");

    private static UnreadableException Missing(string name) => new($"the claim `{name}` is missing or no text");

    private static UnreadableException Invalid(string name) => new($"the claim `{name}` is not valid");
}
