using System.Globalization;
using Fabric.Contracts.Common;
using Fabric.Core.Common;

namespace Fabric.Silo.OAuth;

/// <summary>What all grants ask for in the same way: scopes, whom the token is for, and the task.</summary>
internal sealed record GrantRequest
{
    private const int AudienceLengthMax = 256;

    /// <summary>What may be done; null: not said.</summary>
    public IReadOnlyList<ScopeDto>? Scopes { get; private init; }

    /// <summary>Whether it was said by `authorization_details` alone, so that a refusal of it is told as one of these.</summary>
    public bool IsByDetails { get; private init; }

    /// <summary>Whom the token is for: `resource` (RFC 8707) or `audience`; null: the fabric's default.</summary>
    public string? Audience { get; private init; }

    /// <summary>Extension `session`: the session that the token is to be of.</summary>
    public string? Session { get; private init; }

    /// <summary>Extension `purpose`: what the task of a session that is opened is.</summary>
    public string? Purpose { get; private init; }

    /// <summary>Extension `session_lifetime`: seconds that a session which is opened lives.</summary>
    public long? LifetimeSeconds { get; private init; }

    /// <summary>What a form asks for; an OAuth error when that is nothing.</summary>
    public static Outcome<GrantRequest> Of(Form form)
    {
        var (scope, details) = (form["scope"], form["authorization_details"]);
        var byScope = scope is null ? null : (Outcome<IReadOnlyList<ScopeDto>>?)ScopeText.Read(scope);
        var byDetails = details is null ? null : (Outcome<IReadOnlyList<ScopeDto>>?)DetailsText.Read(details);
        var audience = AudienceOf(form);
        var lifetime = LifetimeOf(form["session_lifetime"]);
        if ((byScope?.Rejection ?? byDetails?.Rejection ?? audience.Rejection ?? lifetime.Rejection) is { } refused)
        {
            return refused;
        }
        if (form["session"] is not null && (form["purpose"] is not null || lifetime.Value is not null))
        {
            return new Rejection(OAuthErrors.InvalidRequest, "session", "a session that is named has its purpose and lifetime already");
        }
        return new GrantRequest
        {
            Scopes = byScope is null && byDetails is null ? null : [.. byScope?.Value ?? [], .. byDetails?.Value ?? []],
            IsByDetails = scope is null && details is not null, Audience = audience.Value, Session = form["session"], Purpose = form["purpose"], LifetimeSeconds = lifetime.Value,
        };
    }

    /// <summary>A refusal of the scopes, told by the parameter that asked for them.</summary>
    public Rejection Tell(Rejection rejection) =>
        IsByDetails && rejection.Code is Codes.ScopeExceeded or Codes.ScopeInvalid ? rejection with { Code = OAuthErrors.InvalidDetails } : rejection;

    // RFC 8707 section 2: an absolute URI without fragment. A token of the fabric is for one: with several, each could pass it on to the others.
    private static Outcome<string?> AudienceOf(Form form)
    {
        if (form.Resources.Count + (form["audience"] is null ? 0 : 1) > 1)
        {
            return new Rejection(OAuthErrors.InvalidTarget, "resource", "a token is for one resource: ask for one each");
        }
        if (form.Resources.Count == 0)
        {
            return form["audience"] is { } name && (name.Length > AudienceLengthMax || !PlainText.Is(name))
                ? new Rejection(OAuthErrors.InvalidTarget, "audience", $"an audience is a plain text of at most {AudienceLengthMax} characters")
                : Outcome<string?>.Of(form["audience"]);
        }
        var resource = form.Resources[0];
        return resource.Length is >= 1 and <= AudienceLengthMax && PlainText.Is(resource) && !resource.Contains('#', StringComparison.Ordinal)
            && Uri.TryCreate(resource, UriKind.Absolute, out var url) && resource.StartsWith(url.Scheme + ":", StringComparison.OrdinalIgnoreCase)
            ? resource
            : new Rejection(OAuthErrors.InvalidTarget, "resource", $"a resource is an absolute URI of at most {AudienceLengthMax} characters without a fragment");
    }

    private static Outcome<long?> LifetimeOf(string? text) =>
        text is null ? Outcome<long?>.Of(null)
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 ? Outcome<long?>.Of(seconds)
        : new Rejection(OAuthErrors.InvalidRequest, "session_lifetime", "a lifetime is a whole number of seconds, at least 1");
}
