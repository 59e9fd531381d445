using System.Text.Json.Serialization.Metadata;
using Fabric.Contracts;
using Fabric.Contracts.AuthZen;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Api;

namespace Fabric.Silo.AuthZen;

/// <summary>OpenID AuthZEN Authorization API 1.0: the fabric as a policy decision point.</summary>
internal static class AuthZenRoutes
{
    private const string Tag = "AuthZEN";
    private const string Base = "/access/v1";
    private const long ManyBytesMax = 4 << 20;
    private const Role Deciders = RoleSets.Admins | Role.EnforcementPoint;

    public static void Map(ApiRoutes routes, IFabricEngine engine, TimeProvider time, string issuer)
    {
        var json = FabricJson.Default;
        var preview = new AccessPreview(engine, time);
        var (decider, scopes, subjects) = (new AccessDecider(preview), new ScopeSearch(preview), new SubjectSearch(preview, time));
        Post(routes, "/evaluation", json.AccessEvaluation, json.AccessDecision, (request, body) =>
                decider.DecideAsync(request.Fabric, request.Context.Caller().Tenant, body, request.Cancellation))
            .RequireRoles(Deciders)
            .Describe(Tag, "evaluate", "Decides whether a subject, by its token, may do an action to a resource; a denial is an answer, with its reason in `context`.");
        Post(routes, "/evaluations", json.AccessEvaluations, json.AccessAnswers, (request, body) =>
                decider.DecideManyAsync(request.Fabric, request.Context.Caller().Tenant, body, request.Cancellation))
            .WithMetadata(new BodyLimit(ManyBytesMax))
            .RequireRoles(Deciders)
            .Describe(Tag, "evaluateMany", "Decides up to 1,000 of them, with defaults, by one of the three semantics.");
        Post(routes, "/search/subject", json.AccessSearch, json.AccessSearchResults, async (request, body) =>
                Sure(engine, await subjects.FindAsync(request.Fabric, request.Context.Caller(), body, request.Cancellation)))
            .RequireRoles(RoleSets.Admins)
            .Describe(Tag, "searchSubjects", "The live sessions, or the agents or users of live sessions, that may do an action to a resource.");
        Post(routes, "/search/resource", json.AccessSearch, json.AccessSearchResults, (request, body) => new(Sure(engine, scopes.Resources(request.Context.Caller(), body))))
            .RequireRoles(Deciders)
            .Describe(Tag, "searchResources", "The resources that a token's scope spells out for an action; `context.patterns` tells what it does not spell out.");
        Post(routes, "/search/action", json.AccessSearch, json.AccessSearchResults, (request, body) => new(Sure(engine, scopes.Actions(request.Context.Caller(), body))))
            .RequireRoles(Deciders)
            .Describe(Tag, "searchActions", "The actions that a token's scope spells out for a resource; `context.patterns` tells what it does not spell out.");

        var about = new AuthZenConfiguration(
            issuer, $"{issuer}{Base}/evaluation", $"{issuer}{Base}/evaluations", $"{issuer}{Base}/search/subject", $"{issuer}{Base}/search/resource",
            $"{issuer}{Base}/search/action");
        routes.Get("/.well-known/authzen-configuration", json.AuthZenConfiguration, request =>
            {
                request.Context.Response.Headers.CacheControl = "public, max-age=3600";
                return new(about);
            })
            .Open()
            .Describe(Tag, "authzenConfiguration", "What this policy decision point is, and where its endpoints are (AuthZEN 1.0 section 9).");
    }

    // INVARIANT R2: a silo of a cluster that has lost its lease may not know of a revocation: what it found is told to nobody. Checks see to it themselves.
    private static Outcome<AccessSearchResults> Sure(IFabricEngine engine, Outcome<AccessSearchResults> found) =>
        !found.IsOk || FeedLease.IsHeld(engine) ? found : new Rejection(Codes.CheckUnavailable, "feed", "this silo cannot tell now: ask again");

    private static IEndpointConventionBuilder Post<TBody, TAnswer>(
        ApiRoutes routes, string path, JsonTypeInfo<TBody> body, JsonTypeInfo<TAnswer> answer, Func<ApiRequest, TBody, ValueTask<Outcome<TAnswer>>> call)
        where TBody : class =>
        routes.Map(HttpMethods.Post, Base + path, StatusCodes.Status200OK, typeof(TAnswer), [], async context =>
            {
                if (AccessRefusal.Echo(context) is { } odd)
                {
                    JsonAnswer.Refuse(context, odd);
                    return;
                }
                context.Response.Headers.CacheControl = "no-store";
                var read = await JsonBody.ReadAsync(context, body, null);
                ApiRoutes.Reply(context, StatusCodes.Status200OK, read.IsOk ? await call(routes.RequestOf(context), read.Value) : read.Rejection, answer);
            })
            .WithMetadata(new Accepts(typeof(TBody), isOptional: false, judgesItself: true), AccessRefusal.Style);
}
