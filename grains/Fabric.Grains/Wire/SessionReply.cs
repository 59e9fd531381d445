using Fabric.Core.Common;

namespace Fabric.Grains.Wire;

/// <summary>
/// A session as it stands (<paramref name="Row"/>, with the number of its credentials), or a refusal. A lifetime that was cut: asked for, granted (milliseconds), by whom.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.session-reply")]
public readonly record struct SessionReply(
    [property: Id(0)] Reply Reply, [property: Id(1)] byte[]? Row, [property: Id(2)] uint Credentials, [property: Id(3)] long AskedMs,
    [property: Id(4)] long GrantedMs, [property: Id(5)] string? CutBy)
{
    internal static SessionReply Refuse(Rejection rejection) => new(Reply.Refuse(rejection), null, 0, 0, 0, null);
}
