using System.Text.Json;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Silo.OAuth.Documents;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>
/// What a client says of itself (RFC 7591 section 2), as far as it counts; members that are not known are passed over, and `null` is as left out. <paramref name="Name"/> is told to administrators and shown
/// to no user. <paramref name="Scopes"/> null: all that it may have. <paramref name="NeedsProof"/>: `dpop_bound_access_tokens` (RFC 9449 section 5.2).
/// </summary>
internal sealed record ClientMetadata(
    string Method, IReadOnlyList<string> Grants, IReadOnlyList<string> RedirectUris, IReadOnlyList<AgentKeyDto> Keys, string? Name, IReadOnlyList<ScopeDto>? Scopes, bool NeedsProof)
{
    private const string MethodDefault = "client_secret_basic";

    private static readonly string[] Methods = [MethodDefault, "client_secret_post", ClientDocument.ByKey, PublicClients.Method];

    // A client that asks to be protected so, and is told yes, would rely on it.
    private static readonly string[] NotKept = ["require_pushed_authorization_requests", "require_signed_request_object", "tls_client_certificate_bound_access_tokens"];

    /// <summary>Whether a client that authenticates so has a secret.</summary>
    public static bool HasSecret(string method) => method is not (ClientDocument.ByKey or PublicClients.Method);

    /// <summary>What a body says. Refusals: those of RFC 7591 section 3.2.2.</summary>
    public static Outcome<ClientMetadata> Read(JsonElement root)
    {
        var (method, grants, name, scopes, proof) = (MethodOf(root), GrantsOf(root), NameOf(root), ScopesOf(root), FlagOf(root, "dpop_bound_access_tokens"));
        if ((RefuseStatement(root) ?? RefuseNotKept(root) ?? method.Rejection ?? grants.Rejection ?? name.Rejection ?? scopes.Rejection ?? proof.Rejection) is { } bad)
        {
            return bad;
        }
        // docs/decisions/0057: of what is closed to a client without a secret it registers for nothing.
        if (method.Value == PublicClients.Method && grants.Value.Any(grant => !PublicClients.Grants.Contains(grant, StringComparer.Ordinal)))
        {
            return RegistrationErrors.Bad("grant_types", $"a client without a secret has {string.Join(" and ", PublicClients.Grants)}");
        }
        var (redirects, keys) = (RedirectsOf(root, grants.Value), KeysOf(root, method.Value));
        return (redirects.Rejection ?? keys.Rejection) is { } worse
            ? worse
            : new ClientMetadata(method.Value, grants.Value, redirects.Value, keys.Value, name.Value, scopes.Value, proof.Value);
    }

    /// <summary>Null: grants and redirect URIs lie within what the initial access token gave.</summary>
    // INVARIANT S3: a registration, and each change of one, narrows.
    public Rejection? RefuseOver(IReadOnlyList<string> grants, IReadOnlyList<string>? hosts) =>
        Grants.Any(grant => !grants.Contains(grant, StringComparer.Ordinal)) ? RegistrationErrors.Bad("grant_types", $"the initial access token gives {string.Join(", ", grants)}")
        : hosts is not null && RedirectUris.Any(uri => !hosts.Contains(new Uri(uri).Host, StringComparer.Ordinal))
            ? new Rejection(RegistrationErrors.InvalidRedirectUri, "redirect_uris", "the initial access token does not allow this host")
        : null;

    private static Outcome<string> MethodOf(JsonElement root)
    {
        var (method, algorithm) = (TextOf(root, "token_endpoint_auth_method"), TextOf(root, "token_endpoint_auth_signing_alg"));
        if ((method.Rejection ?? algorithm.Rejection) is { } bad)
        {
            return bad;
        }
        return !Methods.Contains(method.Value ?? MethodDefault, StringComparer.Ordinal) ? RegistrationErrors.Bad("token_endpoint_auth_method", $"it is one of {string.Join(", ", Methods)}")
            : algorithm.Value is not (null or "ES256") ? RegistrationErrors.Bad("token_endpoint_auth_signing_alg", "it is ES256")
            : method.Value ?? MethodDefault;
    }

    private static Outcome<IReadOnlyList<string>> GrantsOf(JsonElement root)
    {
        var (grants, responses) = (ListOf(root, "grant_types", GrantTypes.All.Count), ListOf(root, "response_types", 1));
        if ((grants.Rejection ?? responses.Rejection) is { } bad)
        {
            return bad;
        }
        IReadOnlyList<string> asked = grants.Value ?? [GrantTypes.AuthorizationCode];
        if (asked.Count == 0 || asked.Any(grant => !GrantTypes.All.Contains(grant, StringComparer.Ordinal)))
        {
            return RegistrationErrors.Bad("grant_types", $"they are of {string.Join(", ", GrantTypes.All)}");
        }

        // RFC 7591 section 2.1: the two go together.
        var isConsistent = responses.Value is not { } types || (asked.Contains(GrantTypes.AuthorizationCode, StringComparer.Ordinal) ? types is ["code"] : types.Count == 0);
        return isConsistent ? Outcome<IReadOnlyList<string>>.Of(asked) : RegistrationErrors.Bad("response_types", "it is code for the grant authorization_code, and none without it");
    }

    private static Outcome<IReadOnlyList<string>> RedirectsOf(JsonElement root, IReadOnlyList<string> grants)
    {
        var uris = ListOf(root, "redirect_uris", RedirectUri.CountMax);
        var isNeeded = grants.Contains(GrantTypes.AuthorizationCode, StringComparer.Ordinal);
        IReadOnlyList<string> asked = uris.IsOk ? uris.Value ?? [] : [];
        var fault = !uris.IsOk ? uris.Rejection.Detail
            : isNeeded && asked.Count == 0 ? "the grant authorization_code needs redirect_uris"
            : !isNeeded && asked.Count > 0 ? "without the grant authorization_code nothing is sent to redirect_uris"
            : !asked.All(RedirectUri.IsValid)
                ? $"a redirect URI is https://HOST/PATH, or http on 127.0.0.1 or [::1], of at most {RedirectUri.LengthMax} characters, without fragment, user, wildcard and dot segments"
            : null;
        return fault is null ? Outcome<IReadOnlyList<string>>.Of(asked) : new Rejection(RegistrationErrors.InvalidRedirectUri, "redirect_uris", fault);
    }

    private static Outcome<IReadOnlyList<AgentKeyDto>> KeysOf(JsonElement root, string method)
    {
        if (Member(root, "jwks_uri") is not null)
        {
            return RegistrationErrors.Bad("jwks_uri", "nothing is fetched for a client: send the keys in jwks");
        }
        return (method != ClientDocument.ByKey, Member(root, "jwks")) switch
        {
            (true, null) => Outcome<IReadOnlyList<AgentKeyDto>>.Of([]),
            (true, _) => RegistrationErrors.Bad("jwks", $"keys go with the method {ClientDocument.ByKey}"),
            (false, { } set) => ClientKeys.Read(set),
            _ => RegistrationErrors.Bad("jwks", $"the method {ClientDocument.ByKey} needs keys"),
        };
    }

    private static Outcome<string?> NameOf(JsonElement root)
    {
        var name = TextOf(root, "client_name");
        return name.IsOk && Names.CheckText("client_name", name.Value) is { } bad ? RegistrationErrors.Bad("client_name", bad.Detail) : name;
    }

    private static Outcome<IReadOnlyList<ScopeDto>?> ScopesOf(JsonElement root)
    {
        var text = TextOf(root, "scope");
        if (!text.IsOk || text.Value is null)
        {
            return text.IsOk ? Outcome<IReadOnlyList<ScopeDto>?>.Of(null) : text.Rejection;
        }
        var scopes = ScopeText.Read(text.Value);
        return scopes.IsOk ? Outcome<IReadOnlyList<ScopeDto>?>.Of(scopes.Value) : RegistrationErrors.Bad("scope", scopes.Rejection.Detail);
    }

    // RFC 7591 section 2.3: there is nobody here whose word on software counts.
    private static Rejection? RefuseStatement(JsonElement root) =>
        Member(root, "software_statement") is not { } statement ? null
        : ForeignJwt.Text(statement) is { } text && text.Count(symbol => symbol == '.') == 2
            ? new Rejection(RegistrationErrors.UnapprovedStatement, "software_statement", "no issuer of software statements is approved here")
            : new Rejection(RegistrationErrors.InvalidStatement, "software_statement", "it is no JWT");

    private static Rejection? RefuseNotKept(JsonElement root)
    {
        foreach (var name in NotKept)
        {
            var asked = FlagOf(root, name);
            if (!asked.IsOk || asked.Value)
            {
                return asked.Rejection ?? RegistrationErrors.Bad(name, "it cannot be asked for by one client");
            }
        }
        var mode = TextOf(root, "backchannel_token_delivery_mode");
        return !mode.IsOk ? mode.Rejection : mode.Value is null or "poll" ? null : RegistrationErrors.Bad("backchannel_token_delivery_mode", "it is poll");
    }

    private static JsonElement? Member(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static Outcome<bool> FlagOf(JsonElement root, string name) => Member(root, name)?.ValueKind switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => RegistrationErrors.Bad(name, "it is true or false"),
    };

    private static Outcome<string?> TextOf(JsonElement root, string name)
    {
        var value = Member(root, name);
        var text = value is { } there ? ForeignJwt.Text(there) : null;
        return value is null || text is not null ? Outcome<string?>.Of(text) : RegistrationErrors.Bad(name, "it is a text");
    }

    private static Outcome<IReadOnlyList<string>?> ListOf(JsonElement root, string name, int most)
    {
        if (Member(root, name) is not { } list)
        {
            return Outcome<IReadOnlyList<string>?>.Of(null);
        }
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > most)
        {
            return RegistrationErrors.Bad(name, $"it is a list of at most {most} texts");
        }
        var texts = list.EnumerateArray().Select(ForeignJwt.Text).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        return texts.Length == list.GetArrayLength() ? Outcome<IReadOnlyList<string>?>.Of(texts) : RegistrationErrors.Bad(name, "it is a list of texts, each once");
    }
}
