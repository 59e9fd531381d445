using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Gateway.Upstreams;

/// <summary>`notifications/cancelled`: tells a server that nobody waits for a request any more.</summary>
internal static class CancelledNotice
{
    /// <summary>The notice of a request with this id.</summary>
    public static byte[] Of(JsonElement id) => Of(JsonValue.Create(id)!);

    /// <summary>The notice of a request with this id.</summary>
    public static byte[] Of(JsonNode id) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["method"] = "notifications/cancelled",
        ["params"] = new JsonObject { ["requestId"] = id, ["reason"] = "the caller has gone, or may not go on" },
    });
}
