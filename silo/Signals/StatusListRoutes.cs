using System.Buffers;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Tokens;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.Hosting;
using Fabric.Silo.OAuth;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Signals;

/// <summary>Publishes the statuses of credentials. The address holds the lineage, and the index has the answer: nothing is stored.</summary>
internal sealed class StatusListRoutes(IFabricEngine engine, TimeProvider time, SiloOptions options, Issuers issuers)
{
    private static readonly Rejection Unknown = new(Codes.NotFound, "lineage", "there is no such list");
    private static readonly Rejection Unsure = new(Codes.CheckUnavailable, "feed", "this silo cannot tell now");

    public static void Map(ApiRoutes routes, IFabricEngine engine, TimeProvider time, SiloOptions options, Issuers issuers)
    {
        var lists = new StatusListRoutes(engine, time, options, issuers);
        routes.Map(HttpMethods.Get, "/tenants/{t}/status-lists/{lineage}", StatusCodes.Status200OK, typeof(string), [], lists.AnswerAsync)
            .Open()
            .Describe("Signals", "statusList", "The status of a credential as a signed list (draft-ietf-oauth-status-list): `application/statuslist+jwt`, or `+cwt` by `Accept`.");
    }

    private Task AnswerAsync(HttpContext context)
    {
        // Section 8.1: a browser's code may be a verifier too.
        context.Response.Headers[HeaderNames.AccessControlAllowOrigin] = "*";
        var answer = Answer(context);
        if (!answer.IsOk)
        {
            JsonAnswer.Refuse(context, answer.Rejection);
            return Task.CompletedTask;
        }
        var (type, body) = answer.Value;
        var response = context.Response;
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.Headers[HeaderNames.CacheControl] = $"public, max-age={options.StatusLists.TtlSeconds}";
        response.Headers[HeaderNames.Vary] = HeaderNames.Accept;
        response.BodyWriter.Write(body);
        return Task.CompletedTask;
    }

    private Outcome<(string Type, byte[] Body)> Answer(HttpContext context)
    {
        if (context.Request.Query.Count > 0)
        {
            return new Rejection(Codes.UnknownField, "query", "the query has a field that this path does not know; past statuses are not kept");
        }
        var (tenant, text) = (context.GetRouteValue("t") as string ?? "", context.GetRouteValue("lineage") as string ?? "");
        if (StatusUri.LineageOf(text) is not { } lineage)
        {
            return Unknown;
        }
        var status = StatusList.StatusOf(engine.Index.CheckLineage(lineage.Nodes, Instant.From(time.GetUtcNow())));

        // INVARIANT R2: asked AFTER the index was looked at: a silo of a cluster without its lease may not know of a revocation, and publishes nothing.
        if (!FeedLease.IsHeld(engine))
        {
            return Unsure;
        }
        var issuer = issuers.Of(tenant);
        var list = new StatusList(issuer, StatusUri.Of(issuer, lineage), status, time.GetUtcNow(), options.StatusLists.TtlSeconds);
        var isCwt = WantsCwt(context.Request.Headers.Accept.ToString());
        var signed = isCwt ? list.SignCwt(engine, tenant) : list.SignJwt(engine, tenant);

        // INVARIANT T1: a tenant speaks of its own credentials only, and whether it exists or has a key is nobody's business here.
        return signed.IsOk && engine.Keys.Find(signed.Value.Kid) is { } key && lineage.Contains(NodeKind.Tenant, key.TenantHandle)
            ? (isCwt ? StatusList.Cwt : StatusList.Jwt, signed.Value.Bytes)
            : Unknown;
    }

    // Section 8.1: what a verifier asks for; a JWT for whoever does not say.
    private static bool WantsCwt(string accept) =>
        accept.Contains(StatusList.Cwt, StringComparison.OrdinalIgnoreCase) && !accept.Contains(StatusList.Jwt, StringComparison.OrdinalIgnoreCase);
}
