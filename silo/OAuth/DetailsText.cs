using System.Text.Json;
using Fabric.Contracts.Common;
using Fabric.Core.Common;

namespace Fabric.Silo.OAuth;

/// <summary>Scopes as `authorization_details` (RFC 9396): an array of objects of type `tool_call`.</summary>
internal static class DetailsText
{
    /// <summary>The one type.</summary>
    public const string Type = "tool_call";

    private const int DetailsMax = 64;

    /// <summary>The scopes of a parameter; `invalid_authorization_details` when it has another type, an unknown member, or is none.</summary>
    public static Outcome<IReadOnlyList<ScopeDto>> Read(string json)
    {
        try
        {
            var details = JsonSerializer.Deserialize(json, OAuthJson.Default.ListToolCallDetail);
            return details is { Count: >= 1 and <= DetailsMax } && details.TrueForAll(IsValid)
                ? details.ConvertAll(ScopeOf)
                : Bad($"it is an array of 1 to {DetailsMax} objects of type {Type}");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return Bad($"it is an array of objects of type {Type}, with the members tool, action, resource, read_only, max_calls, rate, environment and not_after");
        }
    }

    /// <summary>The details of scopes.</summary>
    public static IReadOnlyList<ToolCallDetail> Write(IReadOnlyList<ScopeDto> scopes) =>
    [
        .. scopes.Select(scope => new ToolCallDetail(
            Type, scope.Tool, scope.Action, scope.Resource, scope.ReadOnly, scope.MaxCalls, scope.Rate is { } rate ? new RateDetail(rate.Calls, rate.PerSeconds) : null,
            scope.Environment, scope.NotAfter is { } end ? end.ToUnixTimeMilliseconds() / 1000m : null)),
    ];

    private static bool IsValid(ToolCallDetail? detail) =>
        detail is { Type: Type, NotAfter: null or (>= 0 and <= 253_402_300_799) };

    private static ScopeDto ScopeOf(ToolCallDetail detail) => new(
        detail.Tool, detail.Action, detail.Resource, detail.ReadOnly, detail.MaxCalls, detail.Rate is { } rate ? new RateDto(rate.Calls, rate.PerSeconds) : null,
        detail.Environment, detail.NotAfter is { } end ? DateTimeOffset.FromUnixTimeMilliseconds((long)(end * 1000m)) : null);

    private static Rejection Bad(string detail) => new(OAuthErrors.InvalidDetails, "authorization_details", detail);
}
