using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Silo.OAuth;
using Fabric.Silo.Scim;

namespace Fabric.Silo.Federation;

/// <summary>
/// Token exchange (RFC 8693) with a user's own token: the client shows what a trusted issuer says of a user, and gets a session on behalf of that user, which ends with the token at the latest.
/// </summary>
internal sealed class UserTokenGrant(IFabricEngine engine, IssuedTokens tokens, Issuers issuers, TimeProvider time)
{
    /// <summary>RFC 8693 section 3: an ID token.</summary>
    public const string IdTokenType = "urn:ietf:params:oauth:token-type:id_token";

    /// <summary>What the task of a session is called whose client does not say.</summary>
    public const string PurposeDefault = "OAuth token exchange for a user";

    private static readonly Rejection Invalid = Bad("it is no token of a user that stands, of an issuer that the tenant trusts, for an audience of it");

    private readonly NewUsers _new = new(engine, time);
    private readonly TokenFloors _floors = new(engine, time);
    private readonly SessionEnds _ends = new(engine);

    /// <summary>Whether a token is another issuer's: it says so, and then has to prove it.</summary>
    public bool IsForeign(string type, string token) => type == IdTokenType || (ForeignJwt.TryParseIssued(token)?.Text("iss") is { } issuer && !issuers.IsOwn(issuer));

    /// <summary>The session that the token is to be of.</summary>
    public async ValueTask<Outcome<string>> OpenAsync(Caller client, GrantRequest asked, string type, string token, string? proofKey, CancellationToken cancellation)
    {
        var read = await tokens.ReadAsync(client.Tenant!, IssuerKind.Users, token, cancellation);
        if (!read.IsOk)
        {
            return read.Rejection.Code == Codes.Unauthenticated ? Invalid : read.Rejection;
        }
        var subject = read.Value;
        if ((CheckType(type, subject) ?? CheckActor(client, subject.Claims) ?? CheckKey(subject.Claims, proofKey)) is { } bad)
        {
            return bad;
        }

        // INVARIANT S2: the session ends with the token, whatever is asked for; seconds are cut, never rounded up.
        var remaining = (long)Math.Floor((subject.ExpiresAt - Instant.From(time.GetUtcNow())).TotalSeconds);
        if (remaining < 1 || !IdText.IsValid(subject.Subject))
        {
            return Invalid;
        }
        if ((await CheckAgeAsync(client.Tenant!, subject, cancellation) ?? await EnsureUserAsync(client.Tenant!, subject, cancellation)) is { } refused)
        {
            return refused;
        }
        // RFC 7800: what comes of a token that is bound to a key is bound to it as well.
        var key = subject.Claims.TryGetProperty("cnf", out _) ? proofKey : null;
        var opened = await OpenAsync(client, asked, subject.Subject, Math.Min(asked.LifetimeSeconds ?? remaining, remaining), key, cancellation);
        return opened.IsOk && await CheckAgeAsync(client.Tenant!, subject, CancellationToken.None) is { } late
            ? await _ends.EndAsync(client.Tenant!, opened.Value, "the user's sessions were ended while it was opened", CancellationToken.None) ?? late
            : opened;
    }

    // INVARIANT R1: what was made before the user's sessions were ended opens none. A token without `iat` cannot be told (OpenID Connect Core section 2 and RFC 9068 section 2.2 require it), nor one that is
    // older than this is remembered for.
    private async ValueTask<Rejection?> CheckAgeAsync(string tenant, IssuedToken token, CancellationToken cancellation)
    {
        if (token.IssuedAt is not { } made || Instant.From(time.GetUtcNow()) - made > IssuedTokens.LifetimeMax)
        {
            return Invalid;
        }
        var isBelow = await _floors.IsBelowAsync(tenant, token.Subject, made, cancellation);
        return !isBelow.IsOk ? isBelow.Rejection : isBelow.Value ? Invalid : null;
    }

    // RFC 9068 section 2.1: an access token says that it is one, and is no ID token. Section 2.2: one that a service got for itself has the service as its subject, which is no user, however it is called (section 5).
    private static Rejection? CheckType(string type, IssuedToken token) =>
        (type == IdTokenType && token.IsAccessToken)
        || (ForeignJwt.Text(token.Claims, "client_id") is { } service && service == ForeignJwt.Text(token.Claims, "sub"))
        || ForeignJwt.Text(token.Claims, "idtyp") == "app" ? Invalid : null;

    // RFC 8693 section 4.4: who may act is named; section 4.1: a token that another one acts with already is not the user's own.
    private Rejection? CheckActor(Caller client, JsonElement claims)
    {
        if (claims.TryGetProperty("act", out _))
        {
            return Bad("another party acts by it already");
        }
        if (!claims.TryGetProperty("may_act", out var actor))
        {
            return null;
        }
        var isClient = actor.ValueKind == JsonValueKind.Object && ForeignJwt.Text(actor, "sub") == client.Subject
            && (!actor.TryGetProperty("iss", out _) || ForeignJwt.Text(actor, "iss") == issuers.Of(client.Tenant!));
        return isClient ? null : Bad("its may_act names another party");
    }

    // RFC 7800: a token that is bound to a key is nothing to who only bears it. Other bindings than DPoP's cannot be proven here.
    private static Rejection? CheckKey(JsonElement claims, string? proofKey) =>
        !claims.TryGetProperty("cnf", out var key) || (key.ValueKind == JsonValueKind.Object && ForeignJwt.Text(key, "jkt") is { } bound && bound == proofKey)
            ? null
            : Bad("it is bound to a key: prove that key in this request");

    private async ValueTask<Rejection?> EnsureUserAsync(string tenant, IssuedToken token, CancellationToken cancellation)
    {
        // In records the issuer stands as who did it: nobody else has said that there is such a user.
        var fabric = engine.As(new Caller(Role.TenantAdmin, tenant, $"issuer.{token.Issuer.Id}"));
        var known = await fabric.GetUserAsync(tenant, token.Subject, cancellation);
        if (known.IsOk || known.Rejection.Code != Codes.NotFound)
        {
            return known.Rejection;
        }
        if (!token.Issuer.CreateUsers)
        {
            return Bad("its user is not known here");
        }
        return await CreateAsync(fabric, tenant, token, cancellation);
    }

    private async ValueTask<Rejection?> CreateAsync(IFabric fabric, string tenant, IssuedToken token, CancellationToken cancellation)
    {
        var command = new CreateUser(token.Subject);
        if (token.Issuer.SubjectClaim == "sub")
        {
            // OpenID Connect Core section 2: given by the issuer, and exact.
            var own = await fabric.CreateUserAsync(tenant, command, cancellation);
            return own.IsOk || own.Rejection.Code == Codes.AlreadyExists ? null : own.Rejection;
        }

        // INVARIANT S1: a name that its bearer may write in capitals, an address for one, is no way around the end or the lock of who has it already.
        var made = await _new.CreateAsync(fabric, tenant, command, cancellation);
        if (made.IsOk || made.Rejection.Code != Codes.AlreadyExists)
        {
            return made.Rejection;
        }
        var exact = await fabric.GetUserAsync(tenant, token.Subject, cancellation);
        return exact.IsOk || exact.Rejection.Code != Codes.NotFound ? exact.Rejection : Bad("its user is known here by a name that differs in the case of its letters");
    }

    private async ValueTask<Outcome<string>> OpenAsync(Caller client, GrantRequest asked, string user, long seconds, string? proofKey, CancellationToken cancellation)
    {
        var fabric = engine.As(client);
        var agent = await fabric.GetAgentAsync(client.Tenant!, client.Subject, cancellation);
        if (!agent.IsOk)
        {
            return agent.Rejection;
        }

        // INVARIANT S2: an approval may come after the token's end.
        if (agent.Value.RequireApproval)
        {
            return Waits();
        }
        var opened = await fabric.OpenSessionAsync(
            client.Tenant!, new OpenSession(client.Subject, asked.Purpose ?? PurposeDefault, asked.Scopes ?? agent.Value.Scopes, user, seconds, ProofKey: proofKey), cancellation);
        if (!opened.IsOk)
        {
            return opened.Rejection.Code is Codes.AgentWrongUser or Codes.NotFound ? Bad(opened.Rejection.Detail) : opened.Rejection;
        }
        if (opened.Value.Status == "requested")
        {
            // The tenant asks for approvals. Nobody is to give one by mistake; if this does not arrive, it says what it is for.
            await engine.As(Caller.Fabric).DenySessionAsync(opened.Value.Id, new DenySession("a user's token opens nothing that waits for an approval"), CancellationToken.None);
            return Waits();
        }
        return opened.Value.Id;
    }

    private static Rejection Waits() => Bad("what needs an approval is not opened by a user's token, which may end before the approval: open the session by client credentials");

    private static Rejection Bad(string detail) => new(OAuthErrors.InvalidRequest, "subject_token", detail);
}
