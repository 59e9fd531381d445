using Fabric.Core.Agents;

namespace Fabric.Embedded.Engine;

/// <summary>An agent in memory.</summary>
internal sealed class AgentEntry(AgentState state)
{
    internal AgentState State { get; } = state;
}
