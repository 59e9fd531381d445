using System.Text.Json.Nodes;
using Fabric.Contracts.Changes;

namespace Fabric.Silo.Signals;

/// <summary>What of the change stream is a signal: which event type, about which subject.</summary>
internal static class SignalEvents
{
    public const string SessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
    public const string CredentialChange = "https://schemas.openid.net/secevent/caep/event-type/credential-change";
    public const string AccountDisabled = "https://schemas.openid.net/secevent/risc/event-type/account-disabled";
    public const string AccountEnabled = "https://schemas.openid.net/secevent/risc/event-type/account-enabled";
    public const string Verification = "https://schemas.openid.net/secevent/ssf/event-type/verification";
    public const string StreamUpdated = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";

    /// <summary>The types that receivers may ask for.</summary>
    public static readonly IReadOnlyList<string> Supported = [SessionRevoked, CredentialChange, AccountDisabled, AccountEnabled];

    /// <summary>The kinds of changes that are signals.</summary>
    public static readonly IReadOnlyList<string> Kinds =
    [
        "session.revoked", "session.closed", "session.generation_raised", "user.generation_raised", "agent.generation_raised", "tenant.generation_raised",
        "user.revoked", "user.offboarded", "agent.revoked", "agent.retired", "tenant.revoked", "user.locked", "agent.locked", "tenant.locked", "user.unlocked", "agent.unlocked",
        "tenant.unlocked", "credentials.revoked", "agent.secret_rotated", "key.revoked",
    ];

    /// <summary>The event type of a change and its fields; null: it is no signal of its own.</summary>
    public static (string Type, JsonObject Fields)? Of(Change change)
    {
        var (subject, what) = change.Kind.Split('.') is [var node, var verb] ? (node, verb) : (change.Kind, "");
        var type = (subject, what) switch
        {
            // A session that ends is told twice: by its node, which says how, and by its state.
            ("session", _) when !change.Data.TryGetProperty("mode", out _) => null,
            ("session", _) or (_, "generation_raised") => SessionRevoked,
            ("credentials", _) or ("key", _) or (_, "secret_rotated") => CredentialChange,
            (_, "unlocked") => AccountEnabled,
            _ => AccountDisabled,
        };
        return type is null ? null : (type, Fields(type, subject, what, change));
    }

    /// <summary>Whom a change is about, as a subject identifier (RFC 9493; SSF 1.0 section 3).</summary>
    public static JsonObject SubjectOf(Change change, string issuer) => change.Node.Kind switch
    {
        "user" => new JsonObject { ["format"] = "iss_sub", ["iss"] = issuer, ["sub"] = change.Node.Id },
        "credential" => new JsonObject { ["format"] = "jwt_id", ["iss"] = issuer, ["jti"] = change.Node.Id },
        "agent" => Complex("application", change.Node.Id ?? ""),
        "session" => Complex("session", change.Node.Id ?? ""),
        _ => Complex("tenant", change.Node.Tenant),
    };

    private static JsonObject Complex(string member, string id) => new()
    {
        ["format"] = "complex", [member] = new JsonObject { ["format"] = "opaque", ["id"] = id },
    };

    private static JsonObject Fields(string type, string subject, string what, Change change)
    {
        var fields = new JsonObject { ["event_timestamp"] = change.At.ToUnixTimeSeconds() };
        if (type == CredentialChange)
        {
            fields["credential_type"] = subject switch { "credentials" => "access_token", "key" => "signing_key", _ => "client_secret" };
            fields["change_type"] = what == "secret_rotated" ? "update" : "revoke";
        }
        if (change.Data.TryGetProperty("reason", out var reason) && reason.GetString() is { Length: > 0 } text)
        {
            fields["reason_admin"] = new JsonObject { ["en"] = text };
        }
        return fields;
    }
}
