using Fabric.Contracts;
using Fabric.Contracts.Health;
using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>
/// State and metrics. Open, since load balancers and scrapers hold no secret: they carry numbers and the names of parts, never a tenant's names.
/// </summary>
internal static class HealthRoutes
{
    private const string Tag = "Health";

    /// <param name="routes">The routes.</param>
    /// <param name="engine">The engine, whose parts decide.</param>
    /// <param name="beside">Parts of the host itself: one that is not well is an alarm, and stops nothing.</param>
    /// <param name="scrape">The metrics.</param>
    public static void Map(ApiRoutes routes, IFabricEngine engine, Func<IReadOnlyList<HealthPart>> beside, RequestDelegate scrape)
    {
        routes.Map(HttpMethods.Get, "/healthz", StatusCodes.Status200OK, typeof(HealthInfo), [], context => Answer(context, engine, beside(), health => health.Ok))
            .Open()
            .Describe(Tag, "health", "The fabric's state with its parts; 503 while one is not well. Revocations go on also then.");
        routes.Map(HttpMethods.Get, "/readyz", StatusCodes.Status200OK, typeof(HealthInfo), [], context => Answer(context, engine, beside(), health => health.Ready))
            .Open()
            .Describe(Tag, "ready", "Whether requests may be sent here; 503 while starting or stopping.");
        routes.Map(HttpMethods.Get, "/metrics", StatusCodes.Status200OK, null, [], scrape)
            .Open();
    }

    private static Task Answer(HttpContext context, IFabricEngine engine, IReadOnlyList<HealthPart> beside, Func<EngineHealth, bool> isWell)
    {
        var health = engine.Health;
        var answer = new HealthInfo(
            !health.Ok ? "red" : beside.All(part => part.Ok) ? "green" : "yellow", health.Ready, [.. health.Parts.Concat(beside).Select(part => new HealthPartInfo(part.Name, part.Ok, part.Reason))]);
        var status = isWell(health) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        JsonAnswer.Write(context, status, answer, FabricJson.Default.HealthInfo);
        return Task.CompletedTask;
    }
}
