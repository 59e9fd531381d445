using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth;

/// <summary>Whether an agent stands before anything is fetched, or remembered, in its name (docs/decisions/0048).</summary>
internal static class StandingAgents
{
    private static readonly Rejection Stopped = new(Codes.Unauthenticated, "client", "the client is not known, or is stopped");

    /// <summary>Null: the agent is there and active. Whatever else it is, the refusal is the same, but where it cannot be told now.</summary>
    public static async ValueTask<Rejection?> RefuseStoppedAsync(this IFabricEngine engine, string tenant, string agent, CancellationToken cancellation)
    {
        var card = await engine.As(Caller.Fabric).GetAgentAsync(tenant, agent, cancellation);
        return card is { IsOk: true, Value.Status: "active" } ? null
            : card is { IsOk: false, Rejection: { Code: Codes.StorageUnavailable } unknown } ? unknown
            : Stopped;
    }
}
