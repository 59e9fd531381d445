using Microsoft.AspNetCore.Http.Metadata;

namespace Fabric.Silo.Api;

/// <summary>Endpoint metadata for OpenAPI: the body that an endpoint takes.</summary>
internal sealed class Accepts(Type type, bool isOptional, bool judgesItself = false) : IAcceptsMetadata
{
    // With any type among them, routing does not answer 415 ahead of an endpoint whose standard knows no such status.
    public IReadOnlyList<string> ContentTypes { get; } = judgesItself ? ["application/json", "*/*"] : ["application/json"];

    public Type RequestType => type;

    public bool IsOptional => isOptional;
}
