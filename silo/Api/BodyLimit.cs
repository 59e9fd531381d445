using Microsoft.AspNetCore.Http.Metadata;

namespace Fabric.Silo.Api;

/// <summary>Endpoint metadata: bytes of a body where an endpoint takes more than the server's default (B1).</summary>
internal sealed record BodyLimit(long Bytes) : IRequestSizeLimitMetadata
{
    /// <inheritdoc/>
    public long? MaxRequestBodySize => Bytes;
}
