using System.Text.Json;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Silo.Federation;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Judges security event tokens (RFC 8417, SSF 1.0 section 4) of the transmitters that a tenant trusts. Which one it is comes from the tenant's list, never from the token; what is accepted is
/// compared, never negotiated; and nothing that a token says counts before its signature does.
/// </summary>
internal sealed class EventTokens(IFabricEngine engine, KeySets keys, TimeProvider time)
{
    /// <summary>The longest ago that an event's token may have been made: a transmitter may have been out of reach for days.</summary>
    public static readonly TimeSpan AgeMax = TimeSpan.FromDays(7);

    /// <summary>How far ahead a transmitter's clock may be: an event that is refused for its clock is lost.</summary>
    public static readonly TimeSpan AheadMax = TimeSpan.FromMinutes(5);

    private const int EventsMax = 16;

    /// <summary>
    /// The token that a text is. Refusals: those of <see cref="EventRefusals"/>; `issuer.keys_unavailable` and `storage.unavailable`: it cannot be told now.
    /// <paramref name="cameAt"/>: when one came that has waited: its age was looked at then; null: now.
    /// </summary>
    public async ValueTask<Outcome<EventToken>> ReadAsync(string tenant, string text, Instant? cameAt, CancellationToken cancellation)
    {
        var trusted = engine.IssuersOf(tenant);
        if (!trusted.IsOk)
        {
            return trusted.Rejection;
        }

        // RFC 8725 section 3.11: no other kind of token is ever an event, and an event is no other kind of token.
        if (ForeignJwt.TryParseIssued(text) is not { } jwt || ForeignJwt.Text(jwt.Header, "typ") is not { } type || !IsEvent(type))
        {
            return EventRefusals.NoToken;
        }
        if (trusted.Value.FirstOrDefault(each => each.Kind == IssuerKind.Signals && each.Issuer == jwt.Text("iss")) is not { } issuer)
        {
            return EventRefusals.UnknownIssuer;
        }
        if (!IsFor(jwt.Claims, issuer))
        {
            return EventRefusals.OtherAudience;
        }
        if (jwt.Text("jti") is not { Length: > 0 and <= ForeignJwt.JtiLengthMax } jti || !HasEvents(jwt.Claims))
        {
            return EventRefusals.NoToken;
        }
        if (!IsTimely(jwt, cameAt is not null))
        {
            return EventRefusals.TooOld;
        }
        if (ForeignJwt.Text(jwt.Header, "alg") is not { } algorithm || !issuer.Algorithms.Contains(algorithm, StringComparer.Ordinal))
        {
            return EventRefusals.OtherAlgorithm;
        }
        var kid = jwt.Header.TryGetProperty("kid", out _) ? ForeignJwt.Text(jwt.Header, "kid") ?? "" : null;
        var judged = await keys.JudgeAsync(issuer, jwt, kid, algorithm, cameAt?.ToDateTimeOffset() ?? time.GetUtcNow(), cancellation);
        return !judged.IsOk ? judged.Rejection
            : judged.Value == SignatureVerdict.Signed ? new EventToken(issuer, jti, MadeAt(jwt), jwt.Claims)
            : judged.Value == SignatureVerdict.KeyUnknown ? EventRefusals.KeyUnknown
            : EventRefusals.BadKey;
    }

    private Instant MadeAt(ForeignJwt jwt) => Instant.Min(Instant.From(time.GetUtcNow()), new Instant((long)(jwt.Seconds("iat")!.Value * 1000)));

    private static bool IsEvent(string type) =>
        type.Equals("secevent+jwt", StringComparison.OrdinalIgnoreCase) || type.Equals("application/secevent+jwt", StringComparison.OrdinalIgnoreCase);

    private static bool IsFor(JsonElement claims, TrustedIssuer issuer) => claims.TryGetProperty("aud", out var audience) && (audience.ValueKind == JsonValueKind.Array
        ? audience.EnumerateArray().Any(each => ForeignJwt.Text(each) is { } one && issuer.Audiences.Contains(one, StringComparer.Ordinal))
        : ForeignJwt.Text(audience) is { } single && issuer.Audiences.Contains(single, StringComparer.Ordinal));

    private static bool HasEvents(JsonElement claims) => claims.TryGetProperty("events", out var events) && events.ValueKind == JsonValueKind.Object
        && events.EnumerateObject().Count() is >= 1 and <= EventsMax && events.EnumerateObject().All(each => each.Value.ValueKind == JsonValueKind.Object);

    // An event has happened: RFC 8417 section 2.2 wants no `exp`, and one that is there is held to.
    private bool IsTimely(ForeignJwt jwt, bool hasWaited)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return jwt.Seconds("iat") is { } made && made <= now + AheadMax.TotalSeconds && (hasWaited || made >= now - AgeMax.TotalSeconds)
            && (!jwt.Claims.TryGetProperty("exp", out _) || hasWaited || jwt.Seconds("exp") is { } ends && ends > now - Limits.ClockSkew.TotalSeconds);
    }
}
