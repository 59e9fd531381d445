using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Silo.OAuth;

/// <summary>Ends sessions that something was found out about: by the fabric's own word, whoever showed it.</summary>
internal sealed class SessionEnds(IFabricEngine engine)
{
    /// <summary>Ends a session and all that came of it. Null: it is ended durably, or was.</summary>
    public async ValueTask<Rejection?> EndAsync(string tenant, string session, string reason, CancellationToken cancellation)
    {
        var ended = await engine.As(Caller.Fabric).RevokeAsync(new RevokeRequest(new NodeDto("session", tenant, session), Reason: reason), cancellation);
        if (ended.IsOk)
        {
            // What is not on disk yet may live again after a crash: it counts as not ended.
            return ended.Value.Durable ? null : new Rejection(Codes.StorageUnavailable, "session", "the end is denied everywhere, and not durable yet: ask again");
        }
        return ended.Rejection.Code is Codes.NotFound or Codes.SessionEnded or Codes.SessionRevoked or Codes.NodeRevoked ? null : ended.Rejection;
    }
}
