using Fabric.Core.Common;

namespace Fabric.Grains.Wire;

/// <summary>
/// A grain's answer: a refusal, or where the change stands. <paramref name="Sequence"/> 0: nothing had to change. <paramref name="Body"/>: what the command answers with
/// beside, in the command's own form.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.reply")]
public readonly record struct Reply(
    [property: Id(0)] string? Code, [property: Id(1)] string? Subject, [property: Id(2)] string? Detail, [property: Id(3)] long Sequence,
    [property: Id(4)] ulong Revision, [property: Id(5)] byte[]? Body)
{
    internal Rejection? Rejection => Code is null ? null : new Rejection(Code, Subject ?? "", Detail ?? "");

    internal static Reply Refuse(Rejection rejection) => new(rejection.Code, rejection.Subject, rejection.Detail, 0, 0, null);

    internal static Reply Of(LogAnswer answer, byte[]? body = null) => new(null, null, null, answer.Sequence, answer.Revision, body);

    internal static Reply Unchanged(byte[]? body = null) => new(null, null, null, 0, 0, body);
}
