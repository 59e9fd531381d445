using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Fabric.Contracts;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Signals;
using Fabric.Core.Common;

namespace Fabric.Silo.Signals;

/// <summary>
/// Hands a stream's events out until they are acknowledged (RFC 8936). Nothing is queued: a stream is a place in the change stream, so that what happened while it was
/// paused, or nobody polled, is there as long as the fabric keeps changes; past that the stream is disabled, and says so.
/// </summary>
internal sealed class SignalPoll(ISignalStore store, SignalToken token, TimeProvider time)
{
    /// <summary>The most events in one answer (B1).</summary>
    public const int EventsMax = 100;

    /// <summary>Why a stream is disabled whose place the fabric does not know any more.</summary>
    public const string Gap = "cursor.gap: events were lost, since they were not fetched while the fabric kept them";

    private static readonly Rejection Gone = new(Codes.NotFound, "stream_id", "there is no such stream");

    private const int PagesMax = 20;
    private const int PageSize = 500;

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(30);

    /// <summary>Takes acknowledgements and answers events. Waits for one for up to 30 s when there is none and the receiver lets it.</summary>
    public async ValueTask<Outcome<SsfPollAnswer>> AnswerAsync(IFabric fabric, SignalStream stream, SsfPoll poll, CancellationToken cancellation)
    {
        if (poll.MaxEvents is < 0 || poll.Ack is { Count: > 10 * EventsMax })
        {
            return new Rejection(Codes.InvalidField, "maxEvents", $"0 or more events, and at most {10 * EventsMax} acknowledgements");
        }
        // An event that the receiver could not use will not be better the next time (RFC 8936 section 2.4): it is done with too.
        var done = new HashSet<string>([.. (poll.Ack ?? []).OfType<string>(), .. ErrorsOf(poll)], StringComparer.Ordinal);
        if (done.Count > 0)
        {
            if (await store.UpdateAsync(stream.Tenant, stream.Id, now => WithDone(now, done), cancellation) is not { } known)
            {
                return Gone;
            }
            stream = known;
        }
        var most = Math.Min(poll.MaxEvents ?? EventsMax, EventsMax);
        var found = await GatherAsync(fabric, stream, most, cancellation);
        if (found.IsOk && found.Value.Answer.Sets.Count == 0 && !poll.ReturnImmediately && most > 0 && found.Value.Stream.Status == "enabled")
        {
            await KeepAsync(stream, found.Value.Stream, cancellation);
            await WaitAsync(fabric, found.Value.Stream, cancellation);

            // INVARIANT R3: as it is by now: an event that its receiver has asked for meanwhile is none to pass over.
            if (await store.FindAsync(stream.Tenant, stream.Id, cancellation) is not { } current)
            {
                return Gone;
            }
            stream = current;
            found = await GatherAsync(fabric, stream, most, cancellation);
        }
        if (!found.IsOk)
        {
            return found.Rejection;
        }
        await KeepAsync(stream, found.Value.Stream, cancellation);
        return found.Value.Answer;
    }

    private static SignalStream WithDone(SignalStream stream, HashSet<string> done) => stream with
    {
        Own = [.. stream.Own.Where(own => !done.Contains(own.Jti))],
        Acknowledged =
        [
            .. stream.Acknowledged.Union(done.Where(jti => jti.StartsWith(stream.Id + ".c", StringComparison.Ordinal) && jti.Length < 100), StringComparer.Ordinal)
                .TakeLast(10 * EventsMax),
        ],
    };

    // INVARIANT R3: only onto the stream that was looked at: what its receiver, or another poll of it, has changed meanwhile was not. Then the next poll looks again.
    private async ValueTask KeepAsync(SignalStream before, SignalStream after, CancellationToken cancellation)
    {
        if (before.Cursor != after.Cursor || before.Status != after.Status)
        {
            var passed = before.Acknowledged.Except(after.Acknowledged, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
            await store.UpdateAsync(after.Tenant, after.Id, now => !IsAsLookedAt(now, before) ? now : now with
            {
                Cursor = after.Cursor,
                Acknowledged = [.. now.Acknowledged.Where(jti => !passed.Contains(jti))],
                Own = [.. now.Own, .. after.Own.Where(own => before.Own.All(known => known.Jti != own.Jti))],
                Status = after.Status,
                Reason = after.Reason,
            }, cancellation);
        }
    }

    private static bool IsAsLookedAt(SignalStream now, SignalStream before) =>
        now.Cursor == before.Cursor && now.Status == before.Status && now.EventsRequested.SequenceEqual(before.EventsRequested, StringComparer.Ordinal)
        && now.Removed.Count == before.Removed.Count && now.Removed.Zip(before.Removed).All(pair => JsonNode.DeepEquals(pair.First, pair.Second));

    private async ValueTask<Outcome<(SignalStream Stream, SsfPollAnswer Answer)>> GatherAsync(IFabric fabric, SignalStream stream, int most, CancellationToken cancellation)
    {
        var sets = new Dictionary<string, string>(StringComparer.Ordinal);
        if (SignOwn(stream, most, sets) is { } unsigned)
        {
            return unsigned;
        }
        if (stream.Status != "enabled")
        {
            return (stream, new SsfPollAnswer(sets, MoreAvailable: false));
        }
        var (at, isWhole, acknowledged) = (stream.Cursor, true, new HashSet<string>(stream.Acknowledged, StringComparer.Ordinal));
        for (var pages = 0; pages < PagesMax; pages++)
        {
            var page = await fabric.PullChangesAsync(new ChangeQuery(at, stream.Tenant, null, SignalEvents.Kinds, PageSize), cancellation);
            if (!page.IsOk)
            {
                return page.Rejection.Code == Codes.CursorGap ? (Disabled(stream), new SsfPollAnswer(sets, MoreAvailable: true)) : page.Rejection;
            }
            foreach (var change in page.Value.Changes)
            {
                var jti = $"{stream.Id}.{change.Cursor}";
                if (SignalEvents.Of(change) is { } signal && IsWanted(stream, change, signal.Type) && !acknowledged.Contains(jti))
                {
                    if (sets.Count >= most)
                    {
                        return (Forget(stream, acknowledged), new SsfPollAnswer(sets, MoreAvailable: true));
                    }
                    var signed = token.Sign(stream, jti, SignalEvents.SubjectOf(change, token.IssuerOf(stream.Tenant)), signal.Type, signal.Fields, change.Cursor);
                    if (!signed.IsOk)
                    {
                        return signed.Rejection;
                    }
                    sets[jti] = signed.Value;
                    isWhole = false;
                }
                else if (isWhole)
                {
                    // INVARIANT R3: the place moves only over what is acknowledged or no signal here, so that nothing is lost.
                    acknowledged.Remove(jti);
                    stream = stream with { Cursor = change.Cursor };
                }
            }
            at = page.Value.Next;
            stream = isWhole ? stream with { Cursor = at } : stream;
            if (page.Value.Changes.Count < PageSize)
            {
                return (Forget(stream, acknowledged), new SsfPollAnswer(sets, MoreAvailable: false));
            }
        }
        return (Forget(stream, acknowledged), new SsfPollAnswer(sets, MoreAvailable: true));
    }

    private Rejection? SignOwn(SignalStream stream, int most, Dictionary<string, string> sets)
    {
        foreach (var own in stream.Own.Take(most))
        {
            var subject = new JsonObject { ["format"] = "opaque", ["id"] = stream.Id };
            var signed = token.Sign(stream, own.Jti, subject, own.Type, (JsonObject)own.Fields.DeepClone(), null);
            if (!signed.IsOk)
            {
                return signed.Rejection;
            }
            sets[own.Jti] = signed.Value;
        }
        return null;
    }

    private static SignalStream Forget(SignalStream stream, HashSet<string> acknowledged) => stream with { Acknowledged = [.. acknowledged] };

    private bool IsWanted(SignalStream stream, Change change, string type) =>
        stream.EventsRequested.Contains(type, StringComparer.Ordinal)
        && (stream.Removed.Count == 0 || !stream.Removed.Any(each => SignalEvents.SubjectOf(change, token.IssuerOf(stream.Tenant)).Names(each)));

    // The receiver learns of the loss, and starts again where the fabric still knows when it enables the stream.
    private static SignalStream Disabled(SignalStream stream) => stream.WithOwn(SignalEvents.StreamUpdated, new JsonObject { ["status"] = "disabled", ["reason"] = Gap }) with
    {
        Status = "disabled",
        Reason = Gap,
    };

    private static IEnumerable<string> ErrorsOf(SsfPoll poll) =>
        poll.SetErrs is { ValueKind: System.Text.Json.JsonValueKind.Object } errors ? errors.EnumerateObject().Select(error => error.Name).Take(10 * EventsMax) : [];

    // INVARIANT B1: one poll of a stream waits at a time, here: the next one ends the wait of the one before, so that waiting costs no more than there are streams.
    private async Task WaitAsync(IFabric fabric, SignalStream stream, CancellationToken cancellation)
    {
        var relieved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.AddOrUpdate(stream.Id, relieved, (_, before) =>
        {
            before.TrySetResult();
            return relieved;
        });
        using var end = new CancellationTokenSource(Wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellation);
        var watch = WatchAsync(fabric, stream, either.Token, cancellation);
        await Task.WhenAny(watch, relieved.Task);
        _waiting.TryRemove(KeyValuePair.Create(stream.Id, relieved));
        await end.CancelAsync();
        await watch;
    }

    private static async Task WatchAsync(IFabric fabric, SignalStream stream, CancellationToken either, CancellationToken cancellation)
    {
        try
        {
            await foreach (var _ in fabric.WatchChangesAsync(new ChangeQuery(stream.Cursor, stream.Tenant, null, SignalEvents.Kinds), either))
            {
                return;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Nothing came in the time: the answer is empty.
        }
    }
}
