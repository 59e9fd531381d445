using System.Text.Json.Serialization.Metadata;
using Fabric.Contracts;
using Fabric.Contracts.Signals;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.OAuth;
using Fabric.Silo.Outbound;
using Fabric.Silo.Signals.Push;

namespace Fabric.Silo.Signals;

/// <summary>OpenID Shared Signals Framework 1.0: a tenant as a transmitter, with delivery by poll (RFC 8936) and push (RFC 8935).</summary>
internal static class SsfRoutes
{
    private const string Tag = "Signals";
    private const string Base = "/tenants/{t}/ssf";
    private const Role Receivers = RoleSets.Admins | Role.Auditor;

    private static readonly QueryField[] StreamId = [new("stream_id", "The stream; where it may be left out, all of the caller's.")];

    public static void Map(ApiRoutes routes, IFabricEngine engine, ISignalStore store, TimeProvider time, Issuers issuers, OutboundSettings outbound)
    {
        var token = new SignalToken(engine, time, issuers);
        var (streams, poll) = (new SignalStreams(store, token, new PushEndpoints(engine.HostSecrets, outbound), time), new SignalPoll(store, new SignalGather(token), time));
        MapConfiguration(routes, issuers);
        MapStream(routes, streams);
        MapState(routes, streams);
        var json = FabricJson.Default;
        routes.Post(Base + "/poll/{id}", json.SsfPoll, json.SsfPollAnswer, async (request, body) =>
            {
                var stream = await FindAsync(streams, request, request.Route("id"));
                return stream.IsOk ? await poll.AnswerAsync(request.Fabric, stream.Value, body, request.Cancellation) : stream.Rejection;
            }, whenEmpty: new SsfPoll())
            .RequireRoles(Receivers)
            .WithMetadata(new LongLived())
            .Describe(Tag, "pollSignals", "Security event tokens of a stream, again until they are acknowledged (RFC 8936). Waits for up to 30 s for one, unless `returnImmediately`.");
    }

    private static void MapConfiguration(ApiRoutes routes, Issuers issuers) =>
        routes.Get(issuers.SignalsPath, FabricJson.Default.SsfConfiguration, request =>
            {
                var (own, api) = (issuers.Of(request.Tenant), $"{issuers.Of(request.Tenant)}/ssf");
                return new(new SsfConfiguration(
                    "1_0", own, issuers.KeysOf(request.Tenant), [PushEndpoints.Method, SignalStreams.Poll], $"{api}/stream", $"{api}/status", $"{api}/subjects:add",
                    $"{api}/subjects:remove", $"{api}/verify", [new SsfAuthorization("urn:ietf:rfc:6750")]));
            })
            .Open()
            .Describe(Tag, "ssfConfiguration", "What a tenant's transmitter is, and where its endpoints are (SSF 1.0 section 7.1).");

    private static void MapStream(ApiRoutes routes, SignalStreams streams)
    {
        const string path = Base + "/stream";
        var json = FabricJson.Default;
        routes.Post(path, json.SsfStreamRequest, json.SsfStreamInfo, (request, body) =>
                streams.CreateAsync(request.Fabric, request.Tenant, request.Context.Caller(), body, request.Cancellation), StatusCodes.Status201Created, new SsfStreamRequest())
            .RequireRoles(Receivers)
            .Describe(Tag, "createStream", "Makes a stream of signals for the caller.");
        foreach (var (method, replaces) in new[] { ("PATCH", false), ("PUT", true) })
        {
            routes.Post(path, json.SsfStreamRequest, json.SsfStreamInfo, async (request, body) =>
                {
                    var stream = await FindAsync(streams, request, body.StreamId);
                    return stream.IsOk ? await streams.ChangeAsync(stream.Value, body, replaces, request.Cancellation) : stream.Rejection;
                }, method: method)
                .RequireRoles(Receivers)
                .Describe(Tag, replaces ? "replaceStream" : "updateStream", replaces ? "Replaces a stream's configuration." : "Changes what is stated of a stream's configuration.");
        }
        routes.Map(HttpMethods.Get, path, StatusCodes.Status200OK, typeof(SsfStreamInfo), StreamId, context => ReadAsync(routes.RequestOf(context), streams))
            .RequireRoles(Receivers)
            .Describe(Tag, "readStream", "A stream's configuration; without `stream_id` a list of all of the caller's.");
        routes.Map(HttpMethods.Delete, path, StatusCodes.Status204NoContent, typeof(void), StreamId, async context =>
            {
                var request = routes.RequestOf(context);
                var stream = await FindAsync(streams, request, request.Query("stream_id"));
                if (stream.IsOk)
                {
                    await streams.RemoveAsync(stream.Value, request.Cancellation);
                }
                Done(context, stream.IsOk ? true : stream.Rejection, StatusCodes.Status204NoContent);
            })
            .RequireRoles(Receivers)
            .Describe(Tag, "deleteStream", "Deletes a stream.");
    }

    private static void MapState(ApiRoutes routes, SignalStreams streams)
    {
        var json = FabricJson.Default;
        routes.Get(Base + "/status", json.SsfStatus, async request =>
            {
                var stream = await FindAsync(streams, request, request.Query("stream_id"));
                return stream.IsOk ? SignalStreams.StatusOf(stream.Value) : stream.Rejection;
            }, StreamId)
            .RequireRoles(Receivers)
            .Describe(Tag, "readStreamStatus", "A stream's status.");
        routes.Post(Base + "/status", json.SsfStatus, json.SsfStatus, async (request, body) =>
            {
                var stream = await FindAsync(streams, request, body.StreamId);
                return stream.IsOk ? await streams.SetStatusAsync(request.Fabric, stream.Value, body, request.Cancellation) : stream.Rejection;
            })
            .RequireRoles(Receivers)
            .Describe(Tag, "setStreamStatus", "Enables, pauses or disables a stream. What happens while it is paused is delivered afterwards, as far as the fabric keeps it.");
        foreach (var (verb, isRemoved) in new[] { ("add", false), ("remove", true) })
        {
            Plain(routes, $"/subjects:{verb}", json.SsfSubject, isRemoved ? StatusCodes.Status204NoContent : StatusCodes.Status200OK, streams, body => body.StreamId,
                    (stream, body, cancellation) => streams.SetSubjectAsync(stream, body, isRemoved, cancellation))
                .Describe(Tag, isRemoved ? "removeSubject" : "addSubject", isRemoved ? "Stops the events of a subject." : "Lets the events of a removed subject come again.");
        }
        Plain(routes, "/verify", json.SsfVerification, StatusCodes.Status204NoContent, streams, body => body.StreamId, streams.VerifyAsync)
            .Describe(Tag, "verifyStream", "Sends a verification event.");
    }

    private static IEndpointConventionBuilder Plain<TBody>(
        ApiRoutes routes, string path, JsonTypeInfo<TBody> type, int success, SignalStreams streams, Func<TBody, string?> idOf,
        Func<SignalStream, TBody, CancellationToken, ValueTask<Outcome<bool>>> call)
        where TBody : class =>
        routes.Map(HttpMethods.Post, Base + path, success, typeof(void), [], async context =>
            {
                var request = routes.RequestOf(context);
                var body = await JsonBody.ReadAsync(context, type, null);
                var stream = body.IsOk ? await FindAsync(streams, request, idOf(body.Value)) : body.Rejection;
                Done(context, stream.IsOk ? await call(stream.Value, body.Value, request.Cancellation) : stream.Rejection, success);
            })
            .WithMetadata(new Accepts(typeof(TBody), isOptional: false))
            .RequireRoles(Receivers);

    private static async Task ReadAsync(ApiRequest request, SignalStreams streams)
    {
        var context = request.Context;
        context.Response.Headers.CacheControl = "no-store";
        if (request.UnknownQuery(StreamId) is { } unknown)
        {
            JsonAnswer.Refuse(context, unknown);
        }
        else if (request.Query("stream_id") is { } id)
        {
            var stream = await FindAsync(streams, request, id);
            ApiRoutes.Reply(context, StatusCodes.Status200OK, stream.IsOk ? streams.Describe(stream.Value) : stream.Rejection, FabricJson.Default.SsfStreamInfo);
        }
        else
        {
            ApiRoutes.Reply(context, StatusCodes.Status200OK, await streams.ListAsync(request.Tenant, context.Caller(), request.Cancellation), FabricJson.Default.IReadOnlyListSsfStreamInfo);
        }
    }

    private static ValueTask<Outcome<SignalStream>> FindAsync(SignalStreams streams, ApiRequest request, string? id) =>
        streams.FindAsync(request.Tenant, id, request.Context.Caller(), request.Cancellation);

    private static void Done(HttpContext context, Outcome<bool> outcome, int success)
    {
        if (!outcome.IsOk)
        {
            JsonAnswer.Refuse(context, outcome.Rejection);
            return;
        }
        context.Response.Headers.CacheControl = "no-store";
        context.Response.StatusCode = success;
    }
}
