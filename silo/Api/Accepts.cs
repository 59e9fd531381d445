using Microsoft.AspNetCore.Http.Metadata;

namespace Fabric.Silo.Api;

/// <summary>Endpoint metadata for OpenAPI: the body that an endpoint takes.</summary>
internal sealed class Accepts(Type type, bool isOptional) : IAcceptsMetadata
{
    public IReadOnlyList<string> ContentTypes { get; } = ["application/json"];

    public Type RequestType => type;

    public bool IsOptional => isOptional;
}
