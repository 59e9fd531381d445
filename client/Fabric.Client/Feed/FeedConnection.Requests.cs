using System.Text;
using System.Text.Json;
using Fabric.Client.Edges;
using Fabric.Contracts;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Feed;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Client.Feed;

/// <summary>What an enforcement point asks of the fabric over its link. Without a connection there is a refusal at once.</summary>
public sealed partial class FeedConnection
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private static readonly Rejection Unavailable = new(Codes.CheckUnavailable, "feed", "the fabric is not connected, or did not answer in time");

    /// <inheritdoc/>
    public async ValueTask<Outcome<FabricAnswer>> CheckAsync(
        string token, ToolCall call, string? environment, string? audience, ulong minRevision, string? proofKey, CancellationToken cancellation)
    {
        if (IsTooLong(token, FeedLimits.TokenBytesMax))
        {
            return new Rejection(Codes.TokenMalformed, "token", $"a token has at most {FeedLimits.TokenBytesMax} bytes");
        }

        if (IsTooLong(call.Tool, FeedLimits.CallBytesMax) || IsTooLong(call.Action, FeedLimits.CallBytesMax) || IsTooLong(call.Resource, FeedLimits.CallBytesMax)
            || IsTooLong(environment, FeedLimits.NameBytesMax) || IsTooLong(audience, FeedLimits.CallBytesMax))
        {
            return new Rejection(Codes.TooLarge, "call", $"tool, action and resource have at most {FeedLimits.CallBytesMax} bytes each");
        }

        // INVARIANT R1: before the check can leave: an allow counts from here on, for as long as the fabric counts with it.
        var askedMs = Clock.SentMs;
        var answer = await AskAsync<CheckAnswerFrame>(
            (id, to) => new CheckFrame(id, minRevision, token, call, environment, audience, proofKey).Write(to),
            TimeSpan.FromMilliseconds(FeedLimits.AnswerValidMs),
            cancellation);
        return answer is null ? Unavailable : new FabricAnswer(answer.Allowed, answer.Code, answer.Revision, askedMs);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<QuotaUnits>> TakeQuotaAsync(Handle quota, long want, CancellationToken cancellation)
    {
        var sentMs = Clock.SentMs;
        var answer = await AskAsync<QuotaAnswerFrame>((id, to) => new TakeQuotaFrame(id, quota, want).Write(to), RequestTimeout, cancellation);
        return answer is null ? Unavailable
            : answer.Code is not null ? new Rejection(answer.Code, quota.ToString(), "the fabric handed out no units")
            : new QuotaUnits(answer.Units, answer.ValidForMs, answer.Window, sentMs);
    }

    /// <inheritdoc/>
    public async ValueTask ReturnQuotaAsync(QuotaReturn units, CancellationToken cancellation)
    {
        // Without a connection the units are lost: they were deducted, and nobody will use them.
        if (Volatile.Read(ref _session) is { } session)
        {
            await session.SendAsync(new ReturnQuotaFrame(units.Quota, units.Units, units.Window).Write, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<VerificationKey?>> FetchKeyAsync(string kid, CancellationToken cancellation)
    {
        if (kid.Length == 0 || IsTooLong(kid, FeedLimits.NameBytesMax))
        {
            return (VerificationKey?)null;
        }

        var answer = await AskAsync<KeyAnswerFrame>((id, to) => new FetchKeyFrame(id, kid).Write(to), RequestTimeout, cancellation);
        return answer is null ? Unavailable : answer.Key;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<ulong>> ReportUsageAsync(UsageReport report, CancellationToken cancellation)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(report, FabricJson.Default.UsageReport);
        if (json.Length > UsageFrame.ReportBytesMax)
        {
            return new Rejection(Codes.TooLarge, "usage", $"a report has at most {UsageFrame.ReportBytesMax} bytes");
        }

        var answer = await AskAsync<UsageAnswerFrame>((id, to) => new UsageFrame(id, json).Write(to), RequestTimeout, cancellation);
        return answer is null ? Unavailable
            : answer.Code is not null ? new Rejection(answer.Code, "usage", "the fabric did not take the report")
            : answer.Sequence;
    }

    private static bool IsTooLong(string? text, int bytesMax) =>
        text is not null && text.Length > bytesMax / 3 && Encoding.UTF8.GetByteCount(text) > bytesMax;

    private async ValueTask<T?> AskAsync<T>(Action<uint, FrameBuffer> write, TimeSpan timeout, CancellationToken cancellation)
        where T : class
    {
        if (Volatile.Read(ref _session) is not { } session)
        {
            return null;
        }

        var (id, answer) = session.Requests.Begin();
        try
        {
            return await session.SendAsync(to => write(id, to), cancellation)
                ? (T?)await answer.WaitAsync(timeout, Time, cancellation)
                : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            session.Requests.Complete(id, null);
        }
    }
}
