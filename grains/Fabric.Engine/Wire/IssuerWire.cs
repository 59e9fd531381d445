using System.Text.Json;
using Fabric.Contracts.Common;
using Fabric.Contracts.Issuers;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Tenants;

namespace Fabric.Engine.Wire;

/// <summary>Trusted issuers between their wire form and the domain's.</summary>
public static class IssuerWire
{
    private const int KeysMax = 64;

    private static readonly string[] AlgorithmsDefault = ["ES256", "RS256"];
    private static readonly string[] ScopesDefault = ["openid"];
    private static readonly string[] Secrets = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// <summary>
    /// The issuer of a command; `request.invalid_field` where it is none. <paramref name="own"/>: the fabric's own issuer, whose tokens are credentials and never say who a user is.
    /// </summary>
    public static Outcome<TrustedIssuer> Read(string id, PutIssuer command, string own)
    {
        if (command.Issuer is null || command.Issuer == own || command.Issuer.StartsWith(own + "/", StringComparison.OrdinalIgnoreCase))
        {
            return new Rejection(Codes.InvalidField, "issuer", "an issuer is another's, never this fabric");
        }

        var jwks = command.Jwks is { ValueKind: not JsonValueKind.Null } given ? given : (JsonElement?)null;
        if (jwks is { } keys && Check(keys) is { } bad)
        {
            return bad;
        }

        if (HasNull(command.Audiences) || HasNull(command.Algorithms) || HasNull(command.Subjects) || HasNull(command.Scopes))
        {
            return new Rejection(Codes.InvalidField, "issuer", "a list holds nothing that is null");
        }

        var isLogin = IssuerKinds.KindOf(command.Kind) == IssuerKind.Login;
        if (!isLogin && (command.ClientId ?? command.ClientSecret) is not null || (!isLogin && command.Scopes is not null))
        {
            return new Rejection(Codes.InvalidField, "clientId", "the fabric is a client of issuers of kind `login` alone");
        }

        if (isLogin && command.Audiences is not null)
        {
            return new Rejection(Codes.InvalidField, "audiences", "an ID token is for the client alone: leave `audiences` out");
        }

        return new TrustedIssuer(
            id, IssuerKinds.KindOf(command.Kind), command.Issuer, command.JwksUri, jwks?.GetRawText(), isLogin ? [command.ClientId ?? ""] : command.Audiences ?? [], command.Algorithms ?? AlgorithmsDefault,
            command.SubjectClaim ?? "sub", [.. (command.Subjects ?? []).Select(rule => new SubjectRule(rule.Subject ?? "", rule.Agent ?? ""))], command.CreateUsers, command.Reusable)
        {
            Login = isLogin ? new LoginClient(command.ClientId ?? "", default, command.Scopes ?? ScopesDefault) : null,
        };
    }

    /// <summary>An issuer as callers see it.</summary>
    public static IssuerInfo Write(string tenant, TrustedIssuer issuer, ulong revision) => new(
        tenant, issuer.Id, IssuerKinds.NameOf(issuer.Kind), issuer.Issuer, issuer.JwksUri, issuer.Jwks is { } jwks ? JsonElement.Parse(jwks) : null, issuer.Audiences, issuer.Algorithms,
        issuer.SubjectClaim, [.. issuer.Subjects.Select(rule => new SubjectRuleDto(rule.Subject, rule.Agent))], issuer.CreateUsers, issuer.Reusable, revision, issuer.Login?.ClientId, issuer.Login is { HasSecret: true }, issuer.Login?.Scopes);

    /// <summary>One issuer of a tenant.</summary>
    public static Outcome<IssuerInfo> Find(TenantState tenant, string id, ulong revision) => tenant.Issuers.FirstOrDefault(issuer => issuer.Id == id) is { } found
        ? Write(tenant.Id, found, revision)
        : new Rejection(Codes.NotFound, id, "the node does not exist");

    /// <summary>The issuers of a tenant, by id.</summary>
    public static Page<IssuerInfo> List(TenantState tenant, PageQuery query, ulong revision)
    {
        var items = tenant.Issuers.Where(issuer => query.Cursor is null || string.CompareOrdinal(issuer.Id, query.Cursor) > 0).Take(query.Limit + 1)
            .Select(issuer => Write(tenant.Id, issuer, revision)).ToList();
        return items.Count > query.Limit ? new Page<IssuerInfo>(items[..query.Limit], items[query.Limit - 1].Id) : new Page<IssuerInfo>(items, null);
    }

    // RFC 7517 section 5: public keys alone. A private or a symmetric one is given away to whoever may read this.
    private static Rejection? Check(JsonElement jwks)
    {
        if (jwks.ValueKind != JsonValueKind.Object || !jwks.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() is 0 or > KeysMax)
        {
            return new Rejection(Codes.InvalidField, "jwks", $"a key set is an object with 1 to {KeysMax} `keys`");
        }

        foreach (var key in keys.EnumerateArray())
        {
            if (key.ValueKind != JsonValueKind.Object || !key.TryGetProperty("kty", out var type) || type.ValueKind != JsonValueKind.String || type.ValueEquals("oct")
                || Secrets.Any(name => key.TryGetProperty(name, out _)))
            {
                return new Rejection(Codes.InvalidField, "jwks", "a key set holds public keys alone");
            }
        }

        return null;
    }

    private static bool HasNull<T>(IReadOnlyList<T>? list) => list is not null && list.Any(item => item is null);
}
