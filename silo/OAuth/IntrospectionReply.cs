using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Api;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.OAuth;

/// <summary>
/// Writes what an introspection came to: as JSON (RFC 7662 section 2.2), or signed for who asks for that (RFC 9701 section 5), so that it can be shown later what the fabric said. A signed answer
/// is no token: its type says so, it has no subject and no end, and all that it tells stands in one claim.
/// </summary>
internal sealed class IntrospectionReply(IFabricEngine engine, Issuers issuers, TimeProvider time)
{
    /// <summary>The type that is asked for, and answered.</summary>
    public const string MediaType = "application/token-introspection+jwt";

    private const string Type = "token-introspection+jwt";

    /// <summary>Answers the client that was let in.</summary>
    public void Write(HttpContext context, IntrospectionAnswer answer)
    {
        if (!IsAskedFor(context.Request.Headers.Accept))
        {
            JsonAnswer.Write(context, StatusCodes.Status200OK, answer, OAuthJson.Default.IntrospectionAnswer);
            return;
        }
        var tenant = (string)context.GetRouteValue("t")!;
        var signed = Sign(tenant, ClientAdmission.NameOf(context), answer);
        if (!signed.IsOk)
        {
            OAuthErrors.Refuse(context, signed.Rejection);
            return;
        }
        context.Response.ContentType = MediaType;
        context.Response.ContentLength = signed.Value.Length;
        context.Response.BodyWriter.Write(Encoding.ASCII.GetBytes(signed.Value));
    }

    private Outcome<string> Sign(string tenant, string client, IntrospectionAnswer answer)
    {
        var claims = new JsonObject
        {
            ["iss"] = issuers.Of(tenant), ["aud"] = client, ["iat"] = time.GetUtcNow().ToUnixTimeSeconds(),
            ["token_introspection"] = JsonSerializer.SerializeToNode(answer, OAuthJson.Default.IntrospectionAnswer),
        };
        var signed = engine.Sign(tenant, kid => Encoding.ASCII.GetBytes($"{Part(new JsonObject { ["alg"] = "ES256", ["typ"] = Type, ["kid"] = kid })}.{Part(claims)}"));
        return signed.IsOk
            ? $"{Encoding.ASCII.GetString(signed.Value.Input.Span)}.{Base64Url.EncodeToString(signed.Value.Signature.Span)}"
            : signed.Rejection;
    }

    private static bool IsAskedFor(IList<string> accept) =>
        MediaTypeHeaderValue.TryParseList(accept, out var types)
        && types.Any(type => type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase) && type.Quality is null or > 0);

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
