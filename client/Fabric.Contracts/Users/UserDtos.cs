using System.Text.Json.Serialization;

namespace Fabric.Contracts.Users;

/// <summary>Registers a user of a tenant. At most 64 groups.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CreateUser(string Id, string? Name = null, IReadOnlyList<string>? Groups = null);

/// <summary>Changes a user; what is null stays.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UpdateUser(string? Name = null, IReadOnlyList<string>? Groups = null);

/// <summary>A user as it stands. <paramref name="Status"/>: `active`, `locked` or `offboarded`.</summary>
public sealed record UserInfo(
    string Tenant, string Id, string Name, string Status, uint Generation, IReadOnlyList<string> Groups,
    DateTimeOffset CreatedAt, DateTimeOffset? LockedUntil, ulong Revision);
