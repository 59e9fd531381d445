using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Api;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Fabric.Silo.ExtAuthz;

/// <summary>
/// Answers proxies that ask whether a request may go through: nginx `auth_request`, with the original method and target in headers, and Envoy's HTTP `ext_authz`,
/// which sends the original method and puts a prefix before the original target. The decision is the fabric's own, on its index, with staleness 0.
/// </summary>
internal sealed class ExtAuthzEndpoint(IFabricEngine engine, ExtAuthzSettings settings)
{
    private const string Path = "/v1/ext-authz";
    private const string Scheme = "Bearer ";
    private const string Tag = "Proxies";

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    private static readonly Rejection Unclear = new(Codes.RequestUnclear, "request", "what the request means is not clear beyond doubt");
    private static readonly Rejection NoRule = new(Codes.RequestNoRule, "request", "no rule has this method and path");

    private readonly ExtAuthzRules _rules = ExtAuthzRules.Of(settings);
    private readonly Caller _caller = new(Role.EnforcementPoint, settings.Tenant, "ext-authz");

    /// <summary>Maps both forms. Open: the token is the agent's, who learns nothing by asking here that the guarded proxy would not tell.</summary>
    public static void Map(ApiRoutes routes, IFabricEngine engine, ExtAuthzSettings settings)
    {
        var endpoint = new ExtAuthzEndpoint(engine, settings);
        RequestDelegate answer = context => endpoint.AnswerAsync(context, endpoint.Read(context));
        Map(routes, HttpMethods.Get, Path, answer, "extAuthz");
        foreach (var method in Methods)
        {
            Map(routes, method, Path + "/{**target}", answer, $"extAuthz{method[0]}{method[1..].ToLowerInvariant()}");
        }
    }

    /// <summary>
    /// Whether a request that was sent here has come to another endpoint: the server resolves dot segments, which the client of a proxy that asks by its path may choose. What that other
    /// endpoint says, an open one's 200 above all, would let the client's request through. After routing.
    /// </summary>
    public static bool IsLedAway(HttpContext context) =>
        RawTargetOf(context) is { } raw && raw.StartsWith(Path, StringComparison.OrdinalIgnoreCase) && (raw.Length == Path.Length || raw[Path.Length] is '/' or '?')
        && context.GetEndpoint()?.Metadata.GetMetadata<RefusalStyle>() != ExtAuthzAnswer.Style;

    private static void Map(ApiRoutes routes, string method, string pattern, RequestDelegate handler, string name) =>
        routes.Map(method, pattern, StatusCodes.Status200OK, typeof(void), [], handler)
            .WithMetadata(ExtAuthzAnswer.Style)
            .Open()
            .Describe(Tag, name, "Whether a proxied request may go through: 200 with who acts in `X-Fabric-*`, 401 or 403. Maps requests to calls by the rules of `ExtAuthz`.");

    private async Task AnswerAsync(HttpContext context, (string Method, OriginalTarget Target)? request)
    {
        if (request is not var (method, target))
        {
            JsonAnswer.Refuse(context, Unclear);
            return;
        }
        if (_rules.Find(method, target) is not { } rule)
        {
            JsonAnswer.Refuse(context, NoRule);
            return;
        }
        if (TokenOf(context.Request.Headers[settings.TokenHeader]) is not { } token)
        {
            ExtAuthzAnswer.Challenge(context);
            return;
        }
        var answer = await engine.As(_caller).CheckAsync(rule.Call(token, method, target), context.RequestAborted);
        if (!answer.IsOk)
        {
            JsonAnswer.Refuse(context, answer.Rejection);
        }
        else if (answer.Value.Allowed)
        {
            ExtAuthzAnswer.Allow(context, answer.Value);
        }
        else
        {
            ExtAuthzAnswer.Deny(context, answer.Value.Code ?? Codes.CheckFailed);
        }
    }

    // By the target as it came, not by where it was routed to: a path below this one never means the headers, which then are the client's own.
    private (string, OriginalTarget)? Read(HttpContext context)
    {
        var raw = RawTargetOf(context);
        return raw is null || !raw.StartsWith(Path, StringComparison.Ordinal) ? null
            : raw.Length == Path.Length || raw[Path.Length] == '?' ? HttpMethods.IsGet(context.Request.Method) ? ReadHeaders(context) : null
            : raw[Path.Length] == '/' && OriginalTarget.Read(raw.AsSpan(Path.Length)) is { } target ? (context.Request.Method, target)
            : null;
    }

    private (string, OriginalTarget)? ReadHeaders(HttpContext context)
    {
        var headers = context.Request.Headers;
        return headers[settings.MethodHeader] is [{ } method] && ExtAuthzRule.IsMethod(method)
            && headers[settings.UriHeader] is [{ } uri] && OriginalTarget.Read(uri) is { } target
                ? (method, target)
                : null;
    }

    // The target as it came: what the server made of it has dots and escapes resolved.
    private static string? RawTargetOf(HttpContext context) => context.Features.Get<IHttpRequestFeature>()?.RawTarget;

    private string? TokenOf(StringValues values)
    {
        if (values is not [{ Length: > 0 } text])
        {
            return null;
        }
        var token = text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? text[Scheme.Length..].Trim(' ')
            : settings.TokenHeader.Equals("Authorization", StringComparison.OrdinalIgnoreCase) ? ""
            : text;
        return token.Length == 0 ? null : token;
    }
}
