using Fabric.Core.Users;

namespace Fabric.Embedded.Engine;

/// <summary>A user in memory.</summary>
internal sealed class UserEntry(UserState state)
{
    internal UserState State { get; } = state;
}
