using System.Text.Json;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Silo.OAuth.Documents;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Clients that prove themselves by a JWT that they have signed with a key of their own (`private_key_jwt`; RFC 7523 sections 2.2 and 3, OpenID Connect Core section 9).
/// An assertion is for this issuer alone, ends within minutes, and is used once.
/// </summary>
internal sealed class ClientAssertions(IFabricEngine engine, Issuers issuers, ClientDocuments documents, TimeProvider time)
{
    /// <summary>What `client_assertion_type` is.</summary>
    public const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>The longest from an assertion's making to its end.</summary>
    public static readonly TimeSpan LifetimeMax = TimeSpan.FromMinutes(5);

    private static readonly Rejection Invalid = new(Codes.Unauthenticated, "client_assertion", "the client is not known, or its assertion is not valid");

    /// <summary>The agent that made the assertion. Whatever is wrong with it, the refusal is the same, but for one that was used before or may have been.</summary>
    public async ValueTask<Outcome<Caller>> AuthenticateAsync(string tenant, string? clientId, string assertion, CancellationToken cancellation)
    {
        var now = Instant.From(time.GetUtcNow());
        if (ForeignJwt.TryParse(assertion, "typ", "kid") is not { } jwt || !IsOfAssertions(jwt.Header)
            || jwt.Text("sub") is not { } client || (documents.AgentOf(client) ?? client) is not { } agent || !IdText.IsValid(agent) || jwt.Text("iss") != client || (clientId is not null && clientId != client)
            || !IsFor(jwt.Claims, issuers.Of(tenant)) || jwt.Text("jti") is not { Length: > 0 and <= ForeignJwt.JtiLengthMax } id || MomentsOf(jwt, now) is not { } moments)
        {
            return Invalid;
        }
        var kid = jwt.Header.TryGetProperty("kid", out _) ? ForeignJwt.Text(jwt.Header, "kid") ?? "" : null;

        // A document is fetched only of an agent that the tenant has.
        var isDocument = agent != client;
        var who = engine.AuthenticateAgent(tenant, agent, keys => isDocument || IsSignedByOne(jwt, keys, kid));
        if (!who.IsOk)
        {
            return who.Rejection.Code == Codes.Unauthenticated ? Invalid : who.Rejection;
        }
        if (isDocument)
        {
            // docs/decisions/0048: nothing is fetched, or remembered, for an agent that is suspended.
            if (await engine.RefuseStoppedAsync(tenant, agent, cancellation) is { } stopped)
            {
                return stopped.Code == Codes.Unauthenticated ? Invalid : stopped;
            }
            var signed = await documents.IsSignedAsync(client, jwt, kid, cancellation);
            if (!signed.IsOk || !signed.Value)
            {
                return signed.Rejection ?? Invalid;
            }
        }

        // Only now: nobody but the key's holder can use a `jti` up, or fill the memory of them.
        var owner = $"{tenant}/{agent}";
        var used = await engine.UseOnceAsync(new SingleUse(owner, UseNames.Of("assertion", owner, id), moments.MadeAt, moments.EndsAt), cancellation);
        return used is null ? who : used;
    }

    // Explicit typing (RFC 8725 section 3.11) where there is a type at all: what was signed as a proof or a token is no assertion.
    private static bool IsOfAssertions(JsonElement header) =>
        !header.TryGetProperty("typ", out _) || ForeignJwt.Text(header, "typ")?.ToLowerInvariant() is "jwt" or "client-authentication+jwt";

    // The issuer identifier and nothing else: an audience that another server could share (its token endpoint under this name, a list) lets that server pass the assertion on.
    private static bool IsFor(JsonElement claims, string issuer) =>
        claims.TryGetProperty("aud", out var audience)
        && (audience.ValueKind != JsonValueKind.Array ? ForeignJwt.Text(audience) == issuer : audience.GetArrayLength() == 1 && ForeignJwt.Text(audience[0]) == issuer);

    private static (Instant MadeAt, Instant EndsAt)? MomentsOf(ForeignJwt jwt, Instant now)
    {
        var skew = Limits.ClockSkew;
        if (jwt.Seconds("iat") is not { } made || jwt.Seconds("exp") is not { } ends || (jwt.Claims.TryGetProperty("nbf", out _) && jwt.Seconds("nbf") is null))
        {
            return null;
        }
        var (madeAt, endsAt, notBefore) = (MomentOf(made), MomentOf(ends), MomentOf(jwt.Seconds("nbf") ?? 0));
        var isNow = madeAt <= now + skew && notBefore <= now + skew && endsAt > now - skew && endsAt > madeAt;
        return isNow && endsAt - madeAt <= LifetimeMax && madeAt > now - LifetimeMax - skew ? (madeAt, endsAt) : null;
    }

    private static bool IsSignedByOne(ForeignJwt jwt, IReadOnlyList<AgentKey> keys, string? kid)
    {
        foreach (var key in keys)
        {
            if ((kid is null || kid == key.Kid) && jwt.IsSignedBy(key.X.Span, key.Y.Span))
            {
                return true;
            }
        }
        return false;
    }

    private static Instant MomentOf(double seconds) => new((long)(seconds * 1000));
}
