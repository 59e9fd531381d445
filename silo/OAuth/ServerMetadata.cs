using System.Text.Json.Serialization;

namespace Fabric.Silo.OAuth;

/// <summary>What a tenant's authorization server can do (RFC 8414 section 2). Only what is there is named.</summary>
internal sealed record ServerMetadata(
    string Issuer,
    string JwksUri,
    IReadOnlyList<string> ResponseTypesSupported);

/// <summary>How documents and answers of the OAuth endpoints are written: snake_case, nulls left out, source-generated.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServerMetadata))]
internal sealed partial class OAuthJson : JsonSerializerContext;
