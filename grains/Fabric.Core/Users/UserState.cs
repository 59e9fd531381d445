using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;

namespace Fabric.Core.Users;

/// <summary>A user as its events made it.</summary>
public sealed class UserState
{
    /// <summary>The tenant that the user belongs to.</summary>
    public required string Tenant { get; init; }
    /// <summary>The user's id in the tenant.</summary>
    public required string Id { get; init; }
    /// <summary>The user's handle.</summary>
    public required Handle Handle { get; init; }
    /// <summary>A name for people.</summary>
    public string Name { get; private set; } = "";
    /// <summary>The groups it is in.</summary>
    public IReadOnlyList<string> Groups { get; private set; } = [];
    /// <summary>What it signs in with; null: it does not.</summary>
    public UserSignIn? SignIn { get; private set; }
    /// <summary>When that was set.</summary>
    public Instant SignInSetAt { get; private set; }
    /// <summary>When it was registered.</summary>
    public Instant CreatedAt { get; private set; }
    /// <summary>Generation, and whether it is offboarded.</summary>
    public NodeStanding Standing { get; } = new();

    /// <summary>Takes an event in.</summary>
    public void Apply(UserRegistered registered, Instant at) => (Name, Groups, CreatedAt) = (registered.Name, registered.Groups, at);

    /// <summary>Takes an event in.</summary>
    public void Apply(UserAmended amended) => (Name, Groups) = (amended.Name, amended.Groups);

    /// <summary>Takes an event in.</summary>
    public void Apply(UserSignInSet set, Instant at) => (SignIn, SignInSetAt) = (set.SignIn, at);
}
