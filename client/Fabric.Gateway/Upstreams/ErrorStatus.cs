using System.Text.Json;

namespace Fabric.Gateway.Upstreams;

/// <summary>The HTTP status of an answer (MCP 2026-07-28, streamable HTTP): an unknown method is 404, and the errors of its own that the protocol names are 400.</summary>
internal static class ErrorStatus
{
    /// <summary>The status.</summary>
    public static int Of(ReadOnlyMemory<byte> message)
    {
        using var answer = JsonDocument.Parse(message);
        return answer.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object && error.TryGetProperty("code", out var code) && code.TryGetInt32(out var number)
            ? number == -32601 ? StatusCodes.Status404NotFound : number is <= -32020 and >= -32099 ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK
            : StatusCodes.Status200OK;
    }
}
