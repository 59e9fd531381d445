using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>
/// Makes endpoints of functions from a request to an outcome: reads the body, calls, writes the answer or the refusal. Plain request delegates:
/// no binding by reflection, and every fault in a body gets its own code.
/// </summary>
internal sealed class ApiRoutes(IEndpointRouteBuilder routes, IFabricEngine engine)
{
    /// <summary>Bytes of a body, unless an endpoint says otherwise (<see cref="BodyLimit"/>).</summary>
    public const long BodyBytesMax = 1 << 20;

    private static readonly Caller Anyone = new(Role.None, null, "anyone");
    private static readonly MethodInfo Shape = typeof(ApiRoutes).GetMethod(nameof(Handle), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>A command with a body. <paramref name="whenEmpty"/>: what an empty body means; null: it is refused.</summary>
    public IEndpointConventionBuilder Post<TBody, TAnswer>(
        string pattern, JsonTypeInfo<TBody> body, JsonTypeInfo<TAnswer> answer, Func<ApiRequest, TBody, ValueTask<Outcome<TAnswer>>> call,
        int success = StatusCodes.Status200OK, TBody? whenEmpty = null, string method = "POST")
        where TBody : class =>
        Map(method, pattern, success, typeof(TAnswer), [], async context =>
        {
            var read = await JsonBody.ReadAsync(context, body, whenEmpty);
            Reply(context, success, read.IsOk ? await call(RequestOf(context), read.Value) : read.Rejection, answer);
        }).WithMetadata(new Accepts(typeof(TBody), whenEmpty is not null));

    /// <summary>A command without a body.</summary>
    public IEndpointConventionBuilder Post<TAnswer>(
        string pattern, JsonTypeInfo<TAnswer> answer, Func<ApiRequest, ValueTask<Outcome<TAnswer>>> call, int success = StatusCodes.Status200OK) =>
        Map(HttpMethods.Post, pattern, success, typeof(TAnswer), [], async context => Reply(context, success, await call(RequestOf(context)), answer));

    /// <summary>A removal. Answers what was removed.</summary>
    public IEndpointConventionBuilder Delete<TAnswer>(string pattern, JsonTypeInfo<TAnswer> answer, Func<ApiRequest, ValueTask<Outcome<TAnswer>>> call) =>
        Map(HttpMethods.Delete, pattern, StatusCodes.Status200OK, typeof(TAnswer), [], async context => Reply(context, StatusCodes.Status200OK, await call(RequestOf(context)), answer));

    /// <summary>A question. Query fields that are not in <paramref name="fields"/> are refused.</summary>
    public IEndpointConventionBuilder Get<TAnswer>(
        string pattern, JsonTypeInfo<TAnswer> answer, Func<ApiRequest, ValueTask<Outcome<TAnswer>>> call, params QueryField[] fields) =>
        Map(HttpMethods.Get, pattern, StatusCodes.Status200OK, typeof(TAnswer), fields, async context =>
        {
            var request = RequestOf(context);
            var unknown = request.UnknownQuery(fields);
            Reply(context, StatusCodes.Status200OK, unknown is null ? await call(request) : unknown, answer);
        });

    /// <summary>A list with pages.</summary>
    public IEndpointConventionBuilder List<TItem>(
        string pattern, JsonTypeInfo<Page<TItem>> answer, Func<ApiRequest, PageQuery, ValueTask<Outcome<Page<TItem>>>> call) =>
        Get(pattern, answer, async request => request.Page() is { IsOk: true } page ? await call(request, page.Value) : request.Page().Rejection!, QueryField.Page);

    /// <summary>An endpoint that writes its own answer.</summary>
    public IEndpointConventionBuilder Map(string method, string pattern, int success, Type? answer, QueryField[] fields, RequestDelegate handler, string mediaType = "application/json")
    {
        var endpoint = routes.MapMethods(pattern, [method], handler).WithMetadata(new QueryFields(fields));
        if (answer is not null)
        {
            // The API explorer describes endpoints that carry a method; a plain request delegate has none of its own.
            endpoint.WithMetadata(
                Shape, new ProducesResponseTypeMetadata(success, answer, [mediaType]),
                new ProducesResponseTypeMetadata(StatusCodes.Status400BadRequest, typeof(Problem), [Problem.MediaType]));
            if (answer == typeof(Receipt))
            {
                endpoint.WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status202Accepted, answer, ["application/json"]));
            }
        }
        return endpoint;
    }

    /// <summary>The request as seen by the caller that the guard has let through, or by nobody at an open endpoint.</summary>
    public ApiRequest RequestOf(HttpContext context) => new(context, engine.As(context.Features.Get<Caller>() ?? Anyone));

    public static void Reply<TAnswer>(HttpContext context, int success, Outcome<TAnswer> outcome, JsonTypeInfo<TAnswer> answer)
    {
        if (!outcome.IsOk)
        {
            JsonAnswer.Refuse(context, outcome.Rejection);
            return;
        }
        // A receipt that is not whole is never a plain success.
        var status = outcome.Value is Receipt { State: "partial" } ? StatusCodes.Status202Accepted : success;
        JsonAnswer.Write(context, status, outcome.Value, answer);
    }

    private static void Handle()
    {
    }
}
