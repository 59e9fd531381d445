using System.Text.Json;

namespace Fabric.Client.Mcp.Messages;

/// <summary>
/// A JSON-RPC message of a client, read so that whoever reads it after the guard cannot read it as another one: no name stands twice, whatever its escapes, and none that means something stands in
/// another spelling. A batch is refused: no revision since 2025-06-18 has any.
/// </summary>
internal sealed class McpMessage
{
    // RFC 8259 section 4: what a reader makes of a name that stands twice is its own business.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private static readonly string[] EnvelopeNames = ["jsonrpc", "id", "method", "params", "result", "error"];
    private static readonly string[] ParamNames = ["name", "arguments", "uri", "notifications", "_meta"];
    private static readonly Dictionary<string, JsonElement> NoArguments = [];

    private const string RevisionKey = "io.modelcontextprotocol/protocolVersion";
    private const string CapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";

    private McpMessage(JsonElement root, string? method, JsonElement? parameters) => (Root, Method, Params) = (root, method, parameters);

    /// <summary>The whole message.</summary>
    public JsonElement Root { get; }

    /// <summary>The method; null of a response.</summary>
    public string? Method { get; }

    /// <summary>The parameters, an object; null without.</summary>
    public JsonElement? Params { get; }

    /// <summary>Whether an answer is expected.</summary>
    public bool IsRequest => Method is not null && Root.TryGetProperty("id", out _);

    /// <summary>Whether the message itself says which revision it is of, whatever it says (MCP 2026-07-28, request metadata).</summary>
    public bool NamesRevision => Meta(RevisionKey) is not null;

    /// <summary>The revision that the message itself names; null when it names none, or not as a text.</summary>
    public string? Revision => Meta(RevisionKey) is { } revision ? TextOf(revision) : null;

    /// <summary>Whether the message has what each request of 2026-07-28 has to have: its revision, and what its client is capable of.</summary>
    public bool DescribesItself => Revision is not null && Meta(CapabilitiesKey) is { ValueKind: JsonValueKind.Object };

    /// <summary>The id as it stands; null without.</summary>
    public JsonElement? Id => Root.TryGetProperty("id", out var id) ? id : null;

    /// <summary>Reads a message; null when it is none.</summary>
    public static McpMessage? TryRead(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            var root = JsonElement.Parse(utf8.Span, Strict);
            if (root.ValueKind != JsonValueKind.Object || HasOtherSpelling(root, EnvelopeNames) || !IsVersion2(root) || !HasGoodId(root))
            {
                return null;
            }

            var hasParams = root.TryGetProperty("params", out var parameters);
            if (hasParams && (parameters.ValueKind != JsonValueKind.Object || HasOtherSpelling(parameters, ParamNames)))
            {
                return null;
            }

            if (!root.TryGetProperty("method", out var method))
            {
                // An answer to a request of the server has an id, and one of the two.
                return root.TryGetProperty("id", out _) && root.TryGetProperty("result", out _) != root.TryGetProperty("error", out _) ? new McpMessage(root, null, null) : null;
            }

            return method.ValueKind == JsonValueKind.String && method.GetString() is { Length: > 0 and <= 256 } name && !root.TryGetProperty("result", out _) && !root.TryGetProperty("error", out _)
                ? new McpMessage(root, name, hasParams ? parameters : null) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or half of a surrogate pair.
            return null;
        }
    }

    /// <summary>A text parameter; null when it is missing or none.</summary>
    public string? Text(string name) => Params is { } parameters && parameters.TryGetProperty(name, out var value) ? TextOf(value) : null;

    /// <summary>The arguments of a tool call; null when they are no object.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Arguments()
    {
        if (Params is not { } parameters || !parameters.TryGetProperty("arguments", out var arguments) || arguments.ValueKind == JsonValueKind.Null)
        {
            return NoArguments;
        }

        return arguments.ValueKind == JsonValueKind.Object ? arguments.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal) : null;
    }

    private JsonElement? Meta(string key) =>
        Params is { } parameters && parameters.TryGetProperty("_meta", out var meta) && meta.ValueKind == JsonValueKind.Object && meta.TryGetProperty(key, out var value) ? value : null;

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    private static bool IsVersion2(JsonElement root) => root.TryGetProperty("jsonrpc", out var version) && version.ValueKind == JsonValueKind.String && version.GetString() == "2.0";

    private static bool HasGoodId(JsonElement root) =>
        !root.TryGetProperty("id", out var id) || id.ValueKind == JsonValueKind.Number || (id.ValueKind == JsonValueKind.String && id.GetString() is { Length: <= 1024 });

    private static bool HasOtherSpelling(JsonElement parent, string[] names)
    {
        foreach (var member in parent.EnumerateObject())
        {
            // Readers that fold case take more letters for `s` and `k` than .NET does, and some drop what they do not print: no member that counts has any.
            if (member.Name.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                return true;
            }

            foreach (var name in names)
            {
                if (member.Name != name && string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
