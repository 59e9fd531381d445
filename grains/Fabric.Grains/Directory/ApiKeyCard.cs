using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Grains.Directory;

/// <summary>An API key in the directory.</summary>
internal sealed record ApiKeyCard(string Id, Caller Caller, Instant CreatedAt, Instant ExpiresAt, ReadOnlyMemory<byte> SecretHash, Instant? RevokedAt = null);
