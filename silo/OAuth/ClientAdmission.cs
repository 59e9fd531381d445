using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.Federation;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Lets clients in at the OAuth endpoints (RFC 6749 section 2.3): `client_secret_basic`, `client_secret_post`, `private_key_jwt`, a token of the platform that a workload runs on, or the fabric's own `Authorization: Bearer SECRET`.
/// An agent's `client_id` is its id, an API key's is the key's. Exactly one of them in a request; none at all for a public client, which then does what <see cref="PublicClients"/> lists. The form that it read goes on to the
/// endpoint of this name.
/// </summary>
internal sealed class ClientAdmission(IFabricEngine engine, ClientAssertions assertions, WorkloadAssertions workloads, PublicClients publics, string endpoint) : IAdmission
{
    // Two ids and a secret, form-urlencoded at worst.
    private const int HeaderLengthMax = 4_096;

    private static readonly Rejection Invalid = new(OAuthErrors.InvalidClient, "client", "the client is not known, or its authentication is not valid");
    private static readonly Rejection Several = new(OAuthErrors.InvalidRequest, "client", "a client authenticates in one way at a time");

    /// <inheritdoc/>
    public async ValueTask<bool> AdmitAsync(HttpContext context, EndpointRoles roles)
    {
        var form = await Form.ReadAsync(context);
        var who = form.IsOk ? await IdentifyAsync(context, form.Value) : form.Rejection;
        if (!who.IsOk)
        {
            OAuthErrors.Refuse(context, who.Rejection);
            return false;
        }
        var caller = who.Value;

        // INVARIANT T1: each tenant is an issuer of its own, where another's clients are not known.
        if (caller.Tenant is not null && caller.Tenant != context.GetRouteValue("t") as string)
        {
            OAuthErrors.Refuse(context, Invalid);
            return false;
        }
        if ((caller.Role & roles.Allowed) == Role.None)
        {
            OAuthErrors.Refuse(context, new Rejection(OAuthErrors.UnauthorizedClient, "client", "the client's role may not do this"));
            return false;
        }
        if (caller.IsPublic && PublicClients.RefuseUse(endpoint, form.Value) is { } closed)
        {
            OAuthErrors.Refuse(context, closed);
            return false;
        }
        context.Features.Set(caller);
        context.Features.Set(form.Value);
        return true;
    }

    /// <summary>What the client that was let in calls itself: its `client_id`, or (with a secret alone) whose key it has. What it presented was seen to be its own.</summary>
    public static string NameOf(HttpContext context) =>
        Form.Of(context)["client_id"] ?? (Basic(context.Request.Headers.Authorization.ToString()) is var (id, _) ? id : context.Caller().Subject);

    private async ValueTask<Outcome<Caller>> IdentifyAsync(HttpContext context, Form form)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count > 1)
        {
            return Several;
        }
        var (id, secret, assertion) = (form["client_id"], form["client_secret"], form["client_assertion"]);
        if ((header.Count == 1 ? 1 : 0) + (secret is null ? 0 : 1) + (assertion is null ? 0 : 1) > 1)
        {
            return Several;
        }
        if (header.Count == 1)
        {
            return OfHeader(header[0] ?? "", id);
        }
        if (secret is not null)
        {
            return id is null ? Invalid : OfSecret(id, secret);
        }
        var tenant = context.GetRouteValue("t") as string ?? "";
        if (assertion is not null)
        {
            return await OfAssertionAsync(tenant, id, form["client_assertion_type"], assertion, context.RequestAborted);
        }

        // A client that meant to prove itself, and has not, is not taken for one that does not.
        return id is null || form["client_assertion_type"] is not null ? Invalid : await publics.IdentifyAsync(tenant, id, context.RequestAborted);
    }

    private ValueTask<Outcome<Caller>> OfAssertionAsync(string tenant, string? id, string? type, string assertion, CancellationToken cancellation) => type switch
    {
        ClientAssertions.Type when WorkloadAssertions.KindOf(assertion) is { } kind => workloads.AuthenticateAsync(tenant, id, assertion, kind, cancellation),
        ClientAssertions.Type => assertions.AuthenticateAsync(tenant, id, assertion, cancellation),
        WorkloadAssertions.SpiffeType => workloads.AuthenticateAsync(tenant, id, assertion, IssuerKind.Spiffe, cancellation),
        _ => new(new Rejection(OAuthErrors.InvalidRequest, "client_assertion_type", $"the type of an assertion is {ClientAssertions.Type} or {WorkloadAssertions.SpiffeType}")),
    };

    private Outcome<Caller> OfHeader(string header, string? id)
    {
        const string bearer = "Bearer ";
        if (header.StartsWith(bearer, StringComparison.OrdinalIgnoreCase))
        {
            var secret = header[bearer.Length..].Trim();
            return id is null ? Checked(engine.Authenticate(secret)) : OfSecret(id, secret);
        }
        return Basic(header) is var (named, password) && (id is null || id == named) ? OfSecret(named, password) : Invalid;
    }

    // RFC 6749 section 2.3.1: both are form-urlencoded before they are joined.
    private static (string Id, string Secret)? Basic(string header)
    {
        const string basic = "Basic ";
        if (!header.StartsWith(basic, StringComparison.OrdinalIgnoreCase) || header.Length > HeaderLengthMax)
        {
            return null;
        }
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[basic.Length..].Trim(), bytes, out var length))
        {
            return null;
        }
        var pair = bytes.AsSpan(0, length);
        var colon = pair.IndexOf((byte)':');
        return colon > 0 && Form.Decode(pair[..colon]) is { } id && Form.Decode(pair[(colon + 1)..]) is { Length: > 0 } secret ? (id, secret) : null;
    }

    // The secret names its holder itself; the id that was presented with it must be that one. The secret's compare, in constant time, comes first.
    private Outcome<Caller> OfSecret(string id, string secret)
    {
        var who = Checked(engine.Authenticate(secret));
        return !who.IsOk ? who
            : who.Value.Role == Role.Agent ? who.Value.Subject == id ? who : Invalid
            : secret.StartsWith($"fk.{id}.", StringComparison.Ordinal) ? who : Invalid;
    }

    private static Outcome<Caller> Checked(Outcome<Caller> who) => who.IsOk || who.Rejection.Code != Codes.Unauthenticated ? who : Invalid;
}
