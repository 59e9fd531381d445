using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Silo.AuthZen;
using Fabric.Silo.ExtAuthz;
using Fabric.Silo.Feed;
using Fabric.Silo.Hosting;
using Fabric.Silo.Metrics;
using Fabric.Silo.OAuth;
using Fabric.Silo.Scim;
using Fabric.Silo.Signals;
using Fabric.Silo.Signals.Intake;

namespace Fabric.Silo.Api;

/// <summary>The whole HTTP surface: every endpoint behind the guard, and a clear answer where there is none.</summary>
internal static class Surface
{
    /// <summary>Maps all endpoints. Throws <see cref="InvalidOperationException"/> when one does not say who may call it.</summary>
    public static void Map(WebApplication app, IFabricEngine engine)
    {
        app.UseRouting();
        app.Use(next => context => ExtAuthzEndpoint.IsLedAway(context) ? ExtAuthzAnswer.DenyAsync(context, Codes.RequestUnclear) : next(context));
        app.Use(next => context => context.GetEndpoint() is RouteEndpoint ? next(context) : NoEndpointAsync(context, next));
        var guarded = app.MapGroup("");
        var meter = app.Services.GetRequiredService<SiloMeter>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Fabric.Silo.Api");
        var time = app.Services.GetRequiredService<TimeProvider>();
        ((IEndpointConventionBuilder)guarded).Finally(endpoint => Stand(endpoint, engine, meter, log, time));
        var options = app.Services.GetRequiredService<SiloOptions>();
        var issuers = app.Services.GetRequiredService<Issuers>();
        var routes = new ApiRoutes(guarded, engine);
        TenantRoutes.Map(routes);
        UserRoutes.Map(routes);
        AgentRoutes.Map(routes);
        TrustRoutes.Map(routes);
        IssuerRoutes.Map(routes);
        SessionRoutes.Map(routes);
        CheckRoutes.Map(routes);
        RevocationRoutes.Map(routes);
        LockRoutes.Map(routes);
        ChangeRoutes.Map(routes);
        AuditRoutes.Map(routes);
        ApiKeyRoutes.Map(routes);
        AuthZenRoutes.Map(routes, engine, time, options.Issuer);
        StatusListRoutes.Map(routes, engine, time, options, issuers);
        SsfRoutes.Map(routes, engine, app.Services.GetRequiredService<ISignalStore>(), time, issuers, options.Outbound);
        IntakeRoutes.Map(
            routes, app.Services.GetRequiredService<SignalIntake>(), app.Services.GetRequiredService<PollSources>(), app.Services.GetRequiredService<SignalPollLoop>());
        ExtAuthzEndpoint.Map(routes, engine, options.ExtAuthz);
        OAuthRoutes.Map(routes, engine, app.Services);
        FeedEndpoint.Map(guarded, engine.Feed, caller => new EngineEdgeService(engine, caller));
        ScimRoutes.Map(routes, engine, time, issuers);
        HealthRoutes.Map(routes, engine, () => [app.Services.GetRequiredService<WaitingEventsLoop>().Health], Scrape.Of(app.Services));
        guarded.MapOpenApi("/openapi/{documentName}.json").Open();
        Verify(app);
    }

    /// <summary>All endpoints, built: which also makes the guard complain about one without roles.</summary>
    public static IReadOnlyList<Microsoft.AspNetCore.Http.Endpoint> Verify(IEndpointRouteBuilder app)
    {
        var all = app.DataSources.SelectMany(source => source.Endpoints).ToList();
        var open = all.Find(endpoint => endpoint.Metadata.GetMetadata<EndpointRoles>() is null);
        return open is null ? all : throw new InvalidOperationException($"endpoint `{open.DisplayName}` does not say which roles may call it");
    }

    private static void Stand(EndpointBuilder endpoint, IFabricEngine engine, SiloMeter meter, ILogger log, TimeProvider time)
    {
        var roles = endpoint.Metadata.OfType<EndpointRoles>().ToList() is [var one]
            ? one
            : throw new InvalidOperationException($"endpoint `{endpoint.DisplayName}` must say once which roles may call it");
        var name = $"{endpoint.Metadata.OfType<IHttpMethodMetadata>().FirstOrDefault()?.HttpMethods[0] ?? "ANY"} {((RouteEndpointBuilder)endpoint).RoutePattern.RawText}";
        endpoint.RequestDelegate = new Guard(
            engine, endpoint.RequestDelegate!, roles, name, meter, log, endpoint.Metadata.OfType<LongLived>().Any() ? time : null,
            endpoint.Metadata.OfType<IAdmission>().SingleOrDefault()).InvokeAsync;
    }

    /// <summary>No path matched, or only for other methods or content types; routing has put an endpoint that answers 405 or 415 then.</summary>
    private static async Task NoEndpointAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is null)
        {
            JsonAnswer.Refuse(context, new Rejection(Codes.UnknownPath, "path", "there is no such path"));
            return;
        }
        await next(context);
        if (context.Response.HasStarted)
        {
            return;
        }
        if (context.Response.StatusCode == StatusCodes.Status405MethodNotAllowed)
        {
            JsonAnswer.Refuse(context, new Rejection(Codes.UnknownMethod, "method", "the path does not take this method; the header `Allow` says which it takes"));
        }
        else if (context.Response.StatusCode == StatusCodes.Status415UnsupportedMediaType)
        {
            JsonAnswer.Refuse(context, JsonBody.NotJson);
        }
    }
}
