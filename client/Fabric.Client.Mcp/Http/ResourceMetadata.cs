using System.Text.Json;
using Fabric.Core.Tokens;
using Microsoft.AspNetCore.Http;

namespace Fabric.Client.Mcp.Http;

/// <summary>The protected resource metadata of a server (RFC 9728 section 2), and where it stands (section 3.1): between the resource's host and its path.</summary>
internal sealed class ResourceMetadata
{
    private const string WellKnown = "/.well-known/oauth-protected-resource";

    private readonly byte[] _json;

    public ResourceMetadata(FabricMcpOptions options, string name)
    {
        var resource = new Uri(options.Resource!);
        Path = WellKnown + (resource.AbsolutePath == "/" ? "" : resource.AbsolutePath);
        Url = resource.GetLeftPart(UriPartial.Authority) + Path;
        _json = Write(options, name);
    }

    /// <summary>The path at which it is served.</summary>
    public string Path { get; }

    /// <summary>Its URL, for challenges.</summary>
    public string Url { get; }

    /// <summary>Answers it. It is for everybody, web pages included: it says nothing that a challenge would not.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.AccessControlAllowOrigin = "*";
        context.Response.Headers.CacheControl = "public, max-age=300";
        return context.Response.Body.WriteAsync(_json, context.RequestAborted).AsTask();
    }

    private static byte[] Write(FabricMcpOptions options, string name)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("resource"u8, options.Resource);
            WriteTexts(writer, "authorization_servers", options.AuthorizationServers);
            WriteTexts(writer, "scopes_supported", options.ScopesSupported);
            WriteTexts(writer, "bearer_methods_supported", ["header"]);
            WriteTexts(writer, "dpop_signing_alg_values_supported", [DpopProof.Algorithm]);
            writer.WriteString("resource_name"u8, name);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        // RFC 9728 section 3.2: a parameter without values is left out.
        if (!texts.Any())
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }
}
