namespace Fabric.Core.Agents;

/// <summary>What an agent is for. Numbers are in journals.</summary>
public enum AgentKind : byte
{
    /// <summary>Acts for one user, its owner; ends with it.</summary>
    Personal = 1,
    /// <summary>An organisation's workflow; has an owner and a review date.</summary>
    Shared = 2,
    /// <summary>Infrastructure; acts for nobody.</summary>
    Backend = 3,
}
