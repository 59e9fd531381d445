using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Contracts;
using Fabric.Core.Common;
using Fabric.Core.Tokens;
using Fabric.Silo.Api;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Where identity providers push their events (RFC 8935), and where it is said that they are polled. The former is open: what an event says counts by its signature, made by a transmitter that the tenant trusts, and by nothing else.
/// </summary>
internal static class IntakeRoutes
{
    private const string Poll = "/v1/tenants/{t}/issuers/{id}/poll";
    private const string TokenType = "application/secevent+jwt";

    public static void Map(ApiRoutes routes, SignalIntake intake, PollSources sources, SignalPollLoop polls)
    {
        MapPush(routes, intake);
        var json = FabricJson.Default;
        routes.Post(Poll, json.PutSignalPoll, json.SignalPollInfo, (r, body) =>
            {
                polls.Know(r.Tenant);
                return sources.PutAsync(r.Tenant, r.Route("id"), body, r.Cancellation);
            }, method: "PUT")
            .RequireRoles(RoleSets.Admins)
            .Describe("Issuers", "putSignalPoll", "Polls the events of an issuer of kind `signals` (RFC 8936).");
        routes.Get(Poll, json.SignalPollInfo, r => sources.GetAsync(r.Tenant, r.Route("id"), r.Cancellation))
            .RequireRoles(RoleSets.Readers)
            .Describe("Issuers", "getSignalPoll", "Where an issuer's events are polled, and how that goes.");
        routes.Delete(Poll, json.SignalPollInfo, r => sources.RemoveAsync(r.Tenant, r.Route("id"), r.Cancellation))
            .RequireRoles(RoleSets.Admins)
            .Describe("Issuers", "removeSignalPoll", "Polls an issuer's events no more.");
    }

    private static void MapPush(ApiRoutes routes, SignalIntake intake) =>
        routes.Map(HttpMethods.Post, "/tenants/{t}/ssf/events", StatusCodes.Status202Accepted, typeof(void), [], async context =>
            {
                var text = await ReadAsync(context);
                var refused = text is null ? EventRefusals.NoToken : await intake.TakeAsync(context.GetRouteValue("t") as string ?? "", text, isPolled: false, context.RequestAborted);
                Answer(context, refused);
            })
            .WithMetadata(new Accepts(typeof(string), isOptional: false, judgesItself: true))
            .Open()
            .Describe("Signals", "takeSignal", "Takes a security event token of an issuer of kind `signals` that the tenant trusts (RFC 8935), and ends the users and sessions that it is about.");

    private static void Answer(HttpContext context, Rejection? refused)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (refused is null)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
        else if (!EventRefusals.AreFinal(refused.Code))
        {
            // Whatever it is, the transmitter keeps the event and sends it again.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "5";
        }
        else
        {
            var body = Encoding.UTF8.GetBytes(new JsonObject { ["err"] = refused.Code, ["description"] = refused.Detail }.ToJsonString());
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            context.Response.BodyWriter.Write(body);
        }
    }

    // The text of the body; null: it is of another type, or longer than any token that is read.
    private static async Task<string?> ReadAsync(HttpContext context)
    {
        var (buffer, length) = (new byte[ForeignJwt.IssuedLengthMax + 1], 0);
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.MediaType.Equals(TokenType, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        while (length < buffer.Length)
        {
            var read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted);
            if (read == 0)
            {
                return Encoding.Latin1.GetString(buffer, 0, length).Trim();
            }
            length += read;
        }
        return null;
    }
}
