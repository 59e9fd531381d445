using System.Buffers;
using Fabric.Contracts.Registrations;
using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Engine.Wire;

namespace Fabric.Silo.OAuth.Registration;

/// <summary>What initial access tokens may be made. What an agent may be the core judges again at each registration; here a mistake is told to who makes it.</summary>
internal static class InitialTokenChecks
{
    /// <summary>How long a token is good whose maker does not say.</summary>
    public static readonly TimeSpan LifetimeDefault = TimeSpan.FromDays(1);

    /// <summary>The longest that a token may be good.</summary>
    public static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(90);

    private const int HostsMax = 16;
    private const string Backend = "backend";

    private static readonly SearchValues<char> HostChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    /// <summary>The grants of a token that names none.</summary>
    public static IReadOnlyList<string> DefaultGrantsOf(string kind) =>
        kind == Backend ? [GrantTypes.ClientCredentials, GrantTypes.TokenExchange] : [GrantTypes.AuthorizationCode, GrantTypes.RefreshToken];

    /// <summary>Null: such a token may be made. Refusals: `request.invalid_field`, `scope.invalid`.</summary>
    public static Rejection? Check(MakeRegistrationToken command, DateTimeOffset expires, DateTimeOffset now) =>
        Names.CheckText("name", command.Name, required: true)
        ?? ScopeWire.Read(command.Scopes).Rejection
        ?? (command.Owner is null ? null : Names.CheckId("owner", command.Owner))
        ?? (command.Environment is null ? null : Names.CheckId("environment", command.Environment))
        ?? CheckKind(command, now)
        ?? CheckGrants(command)
        ?? CheckHosts(command.RedirectHosts)
        ?? (command.Registrations is < 1 or > InitialTokens.RegistrationsMax ? Bad("registrations", $"1 to {InitialTokens.RegistrationsMax} clients register by one token") : null)
        ?? (expires <= now || expires > now + LifetimeMax ? Bad("expiresAt", $"a token ends within {LifetimeMax.TotalDays} days from now") : null)
        ?? (command.ReviewAt <= expires ? Bad("reviewAt", "the review of agents comes after the token's end: it could register none past its review") : null);

    private static Rejection? CheckKind(MakeRegistrationToken command, DateTimeOffset now) =>
        InfoWire.KindOf(command.Kind) is not (AgentKind.Personal or AgentKind.Shared or AgentKind.Backend) ? Bad("kind", "an agent is `personal`, `shared` or `backend`")
        : command.Kind != Backend && command.Owner is null ? Bad("owner", "personal and shared agents need an owner")
        : command.Kind == "shared" && command.ReviewAt is null ? Bad("reviewAt", "a shared agent needs a review date")
        : command.ReviewAt > now + AgentDecider.ReviewMax ? Bad("reviewAt", $"a review date lies within {AgentDecider.ReviewMax.TotalDays} days from now")
        : null;

    private static Rejection? CheckGrants(MakeRegistrationToken command)
    {
        if (command.GrantTypes is not { } grants)
        {
            return null;
        }
        var isKnown = grants.Count > 0 && grants.Distinct(StringComparer.Ordinal).Count() == grants.Count && grants.All(grant => GrantTypes.All.Contains(grant, StringComparer.Ordinal));
        return !isKnown ? Bad("grantTypes", $"they are of {string.Join(", ", GrantTypes.All)}, each once")
            : command.Kind == Backend && grants.Any(grant => grant is GrantTypes.AuthorizationCode or GrantTypes.RefreshToken or GrantTypes.Backchannel)
                ? Bad("grantTypes", "a backend agent acts for nobody: no user says yes to it")
            : null;
    }

    private static Rejection? CheckHosts(IReadOnlyList<string>? hosts) =>
        hosts is null || (hosts.Count is > 0 and <= HostsMax && hosts.All(IsHost)) ? null : Bad("redirectHosts", $"1 to {HostsMax} hosts such as `app.example`, in lower case, `127.0.0.1` or `[::1]`");

    private static bool IsHost(string? host) => host == "[::1]" || (host is { Length: > 0 } && !host.AsSpan().ContainsAnyExcept(HostChars) && RedirectUri.IsValid($"https://{host}/"));

    private static Rejection Bad(string field, string detail) => new(Codes.InvalidField, field, detail);
}
