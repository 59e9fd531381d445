using Fabric.Core.Common;

namespace Fabric.Grains.Wire;

/// <summary>Issued credentials: ids and tokens in one order, or a refusal. Never logged: it holds tokens.</summary>
[GenerateSerializer, Immutable, Alias("fabric.issue-reply")]
public sealed record IssueReply(
    [property: Id(0)] Reply Reply, [property: Id(1)] string[] Ids, [property: Id(2)] string[] Tokens, [property: Id(3)] long ExpiresMs,
    [property: Id(4)] long AskedMs, [property: Id(5)] long GrantedMs, [property: Id(6)] string? CutBy)
{
    /// <summary>Without the tokens.</summary>
    public override string ToString() => $"{nameof(IssueReply)} {{ {Ids.Length} credentials }}";

    internal static IssueReply Refuse(Rejection rejection) => new(Reply.Refuse(rejection), [], [], 0, 0, 0, null);
}
