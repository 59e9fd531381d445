using System.Globalization;
using Fabric.Contracts;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.Api;

/// <summary>Revocations and their receipts.</summary>
internal static class RevocationRoutes
{
    /// <summary>Bytes of a revocation: a list of 100,000 credential ids fits.</summary>
    public const long BodyBytesMax = 8 << 20;

    private const string Tag = "Revocations";
    private const string IdempotencyHeader = "Idempotency-Key";

    public static void Map(ApiRoutes routes)
    {
        var json = FabricJson.Default;
        routes.Post("/v1/revocations", json.RevokeRequest, json.Receipt, RevokeAsync)
            .WithMetadata(new BodyLimit(BodyBytesMax))
            .RequireRoles(RoleSets.Admins)
            .Describe(
                Tag, "revoke",
                "Revokes a node or a list of credentials, or tells what would be hit (`dryRun`). Header `Idempotency-Key` or field `idempotencyKey`: the same key gives the same revision.");
        routes.Get(
                "/v1/revocations/{revision}", json.Receipt, GetAsync,
                new QueryField("wait", "`accepted` or `confirmed`."), new QueryField("timeoutMs", "How long to wait, 0 to 60,000.", IsNumber: true))
            .RequireRoles(RoleSets.Readers | Role.EnforcementPoint | Role.Agent)
            .Describe(Tag, "getReceipt", "The state that a receipt has reached.");
    }

    private static ValueTask<Outcome<Receipt>> RevokeAsync(ApiRequest request, RevokeRequest body)
    {
        var header = request.Context.Request.Headers[IdempotencyHeader];
        if (header.Count == 0)
        {
            return request.Fabric.RevokeAsync(body, request.Cancellation);
        }
        if (header.Count > 1 || (body.IdempotencyKey is not null && body.IdempotencyKey != header[0]))
        {
            return new(new Rejection(Codes.InvalidField, IdempotencyHeader, "the key stands there twice, with different values"));
        }
        return request.Fabric.RevokeAsync(body with { IdempotencyKey = header[0] }, request.Cancellation);
    }

    private static async ValueTask<Outcome<Receipt>> GetAsync(ApiRequest request)
    {
        var timeout = request.QueryInt("timeoutMs", 0);
        if (!timeout.IsOk)
        {
            return timeout.Rejection;
        }
        return ulong.TryParse(request.Route("revision"), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? await request.Fabric.GetReceiptAsync(revision, request.Query("wait") ?? "accepted", timeout.Value, request.Cancellation)
            : new Rejection(Codes.NotFound, "revision", "no such receipt");
    }
}
