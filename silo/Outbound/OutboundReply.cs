using System.Net;

namespace Fabric.Silo.Outbound;

/// <summary>What came of a request: an answer, or why there is none. <paramref name="MaxAge"/>: how long the answer says that it may be kept.</summary>
internal sealed record OutboundReply(OutboundFault? Fault, HttpStatusCode Status, byte[] Body, TimeSpan? MaxAge)
{
    /// <summary>Whether there is an answer.</summary>
    public bool IsOk => Fault is null;

    public static OutboundReply Failed(OutboundFault fault, HttpStatusCode status = 0) => new(fault, status, [], null);
}
