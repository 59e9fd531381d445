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
    DateTimeOffset CreatedAt, DateTimeOffset? LockedUntil, ulong Revision, SignInInfo? SignIn = null);

/// <summary>
/// Sets the password that a user signs in with; null: it signs in no more, and its logins end. <paramref name="Approves"/>: its yes to a session of its own counts where the agent or the
/// tenant asks for an approval, too.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SetUserSignIn(string? Password = null, bool Approves = false)
{
    /// <summary>Without the password: a log is no place for it.</summary>
    public override string ToString() => $"{nameof(SetUserSignIn)} {{ Approves = {Approves} }}";
}

/// <summary>That a user has a password, and since when.</summary>
public sealed record SignInInfo(bool Approves, DateTimeOffset SetAt);
