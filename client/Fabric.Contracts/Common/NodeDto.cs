using System.Text.Json.Serialization;

namespace Fabric.Contracts.Common;

/// <summary>
/// A node by name. <paramref name="Kind"/>: `tenant`, `user`, `agent`, `session`, `credential` or `trust`. <paramref name="Id"/> may be
/// left out for a tenant; for sessions, credentials and trust grants it is 32 lower-case hex digits.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record NodeDto(string Kind, string Tenant, string? Id = null);
