using System.Text.Json;
using Fabric.Contracts;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Feed;
using Fabric.Core.Common;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;

namespace Fabric.Client.Feed;

/// <summary>What an enforcement point asks of the fabric over its link. Without a connection, or without an answer in time, there is a refusal at once.</summary>
public sealed partial class FeedConnection
{
    private static readonly Rejection Unreachable = new(Codes.Unreachable, "feed", "the fabric is not connected, or did not answer in time");

    /// <summary>
    /// Asks the fabric to decide a call. <paramref name="asked"/> is the monotonic moment before the check was sent, in the clock's milliseconds: an
    /// allow counts only for <see cref="FeedLimits.AnswerValidMs"/> from then, and only if the own index does not deny (R1). Null: no answer in time.
    /// </summary>
    public ValueTask<CheckAnswerFrame?> CheckAsync(
        string token, ToolCall call, ulong minRevision, string? environment, string? audience, out long asked, CancellationToken cancellation = default)
    {
        asked = Clock.Read().MonotonicMs;
        return AskAsync<CheckAnswerFrame>(
            (id, to) => new CheckFrame(id, minRevision, token, call, environment, audience).Write(to),
            TimeSpan.FromMilliseconds(FeedLimits.AnswerValidMs),
            cancellation);
    }

    /// <summary>
    /// Draws a slice of up to <paramref name="want"/> units. Units of a rate are good for as long as the answer says from <paramref name="asked"/> on.
    /// Refusals: what the fabric refused with, or `fabric.unreachable`.
    /// </summary>
    public ValueTask<Outcome<QuotaAnswerFrame>> TakeQuotaAsync(Handle quota, long want, out long asked, CancellationToken cancellation = default)
    {
        asked = Clock.Read().MonotonicMs;
        return TakeAsync();

        async ValueTask<Outcome<QuotaAnswerFrame>> TakeAsync()
        {
            var answer = await AskAsync<QuotaAnswerFrame>((id, to) => new TakeQuotaFrame(id, quota, want).Write(to), Options.RequestTimeout, cancellation);
            return answer is null ? Unreachable
                : answer.Code is not null ? new Rejection(answer.Code, quota.ToString(), "the fabric handed out no units")
                : answer;
        }
    }

    /// <summary>Gives unused units of a window back; false when there is no connection, and the units are lost.</summary>
    public async ValueTask<bool> ReturnQuotaAsync(Handle quota, long units, long window, CancellationToken cancellation = default) =>
        Volatile.Read(ref _session) is { } session
        && await session.SendAsync(to => new ReturnQuotaFrame(quota, units, window).Write(to), cancellation);

    /// <summary>Asks for a key by its id and puts it into the ring; null when there is none, or no answer.</summary>
    public async ValueTask<VerificationKey?> FetchKeyAsync(string kid, CancellationToken cancellation = default) =>
        System.Text.Encoding.UTF8.GetByteCount(kid) is 0 or > FeedLimits.NameBytesMax
            ? null
            : (await AskAsync<KeyAnswerFrame>((id, to) => new FetchKeyFrame(id, kid).Write(to), Options.RequestTimeout, cancellation))?.Key;

    /// <summary>Reports usage; when this has a value, it is on the fabric's disk. Refusals: `request.too_large`, `fabric.unreachable`, or the fabric's.</summary>
    public async ValueTask<Outcome<ulong>> ReportUsageAsync(UsageReport report, CancellationToken cancellation = default)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(report, FabricJson.Default.UsageReport);
        if (json.Length > UsageFrame.ReportBytesMax)
        {
            return new Rejection(Codes.TooLarge, "usage", $"a report has at most {UsageFrame.ReportBytesMax} bytes");
        }

        var answer = await AskAsync<UsageAnswerFrame>((id, to) => new UsageFrame(id, json).Write(to), Options.RequestTimeout, cancellation);
        return answer is null ? Unreachable
            : answer.Code is not null ? new Rejection(answer.Code, "usage", "the fabric did not take the report")
            : answer.Sequence;
    }

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
