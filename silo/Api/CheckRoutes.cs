using System.Buffers;
using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Checks;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Authoritative checks: one, or a batch under `checks`, at the same path.</summary>
internal static class CheckRoutes
{
    public static void Map(ApiRoutes routes) =>
        routes.Map(HttpMethods.Post, "/v1/check", StatusCodes.Status200OK, typeof(CheckAnswer), [], context => DecideAsync(routes, context))
            .WithMetadata(new Accepts(typeof(CheckRequest), isOptional: false))
            .RequireRoles(RoleSets.Admins | Role.EnforcementPoint)
            .Describe(
                "Checks", "check",
                "Decides a call with staleness 0; a denial is an answer, with its code. `{\"checks\": [...]}` decides up to 1,000, answered as `{\"answers\": [...]}`.");

    private static async Task DecideAsync(ApiRoutes routes, HttpContext context)
    {
        var json = FabricJson.Default;
        var read = await JsonBody.ReadAsync<object>(context, Parse);
        if (!read.IsOk)
        {
            JsonAnswer.Refuse(context, read.Rejection);
            return;
        }
        var request = routes.RequestOf(context);
        if (read.Value is CheckBatch batch)
        {
            ApiRoutes.Reply(context, StatusCodes.Status200OK, await request.Fabric.CheckManyAsync(batch, request.Cancellation), json.CheckAnswers);
            return;
        }
        var answer = await request.Fabric.CheckAsync((CheckRequest)read.Value, request.Cancellation);
        ApiRoutes.Reply(context, StatusCodes.Status200OK, answer, json.CheckAnswer);
    }

    private static Outcome<object> Parse(in ReadOnlySequence<byte> bytes)
    {
        if (IsBatch(bytes))
        {
            var batch = JsonBody.Parse(bytes, FabricJson.Default.CheckBatch);
            return batch.IsOk ? batch.Value : batch.Rejection;
        }
        var one = JsonBody.Parse(bytes, FabricJson.Default.CheckRequest);
        return one.IsOk ? one.Value : one.Rejection;
    }

    /// <summary>Whether the first field is `checks`. A broken body is no batch: the single command's parser then says what is wrong.</summary>
    private static bool IsBatch(in ReadOnlySequence<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject
                && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("checks"u8);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
