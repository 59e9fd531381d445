using System.Collections.Concurrent;
using Fabric.Contracts;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Signals;
using Fabric.Core.Common;

namespace Fabric.Silo.Signals;

/// <summary>Hands a stream's events out until they are acknowledged (RFC 8936).</summary>
internal sealed class SignalPoll(ISignalStore store, SignalGather gather, TimeProvider time)
{
    /// <summary>The most events in one answer (B1).</summary>
    public const int EventsMax = 100;

    private static readonly Rejection Gone = new(Codes.NotFound, "stream_id", "there is no such stream");
    private static readonly Rejection Pushed = new(Codes.InvalidField, "stream_id", "the stream is delivered by push");

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(30);

    /// <summary>Takes acknowledgements and answers events. Waits for one for up to 30 s when there is none and the receiver lets it.</summary>
    public async ValueTask<Outcome<SsfPollAnswer>> AnswerAsync(IFabric fabric, SignalStream stream, SsfPoll poll, CancellationToken cancellation)
    {
        if (stream.Push is not null)
        {
            return Pushed;
        }
        if (poll.MaxEvents is < 0 || poll.Ack is { Count: > 10 * EventsMax })
        {
            return new Rejection(Codes.InvalidField, "maxEvents", $"0 or more events, and at most {10 * EventsMax} acknowledgements");
        }
        // An event that the receiver could not use will not be better the next time (RFC 8936 section 2.4): it is done with too.
        var done = new HashSet<string>([.. (poll.Ack ?? []).OfType<string>(), .. ErrorsOf(poll)], StringComparer.Ordinal);
        if (done.Count > 0)
        {
            if (await store.UpdateAsync(stream.Tenant, stream.Id, now => now.WithDone(done), cancellation) is not { } known)
            {
                return Gone;
            }
            stream = known;
        }
        var most = Math.Min(poll.MaxEvents ?? EventsMax, EventsMax);
        var found = await gather.NextAsync(fabric, stream, most, cancellation);
        if (found.IsOk && found.Value.Sets.Count == 0 && !poll.ReturnImmediately && most > 0 && found.Value.Stream.Status == "enabled")
        {
            await KeepAsync(stream, found.Value.Stream, cancellation);
            await WaitAsync(fabric, found.Value.Stream, cancellation);

            // INVARIANT R3: as it is by now: an event that its receiver has asked for meanwhile is none to pass over.
            if (await store.FindAsync(stream.Tenant, stream.Id, cancellation) is not { } current)
            {
                return Gone;
            }
            stream = current;
            found = await gather.NextAsync(fabric, stream, most, cancellation);
        }
        if (!found.IsOk)
        {
            return found.Rejection;
        }
        await KeepAsync(stream, found.Value.Stream, cancellation);
        return new SsfPollAnswer(found.Value.Sets.ToDictionary(set => set.Jti, set => set.Token, StringComparer.Ordinal), found.Value.More);
    }

    private async ValueTask KeepAsync(SignalStream before, SignalStream after, CancellationToken cancellation)
    {
        if (SignalGather.Move(before, after) is { } move)
        {
            await store.UpdateAsync(after.Tenant, after.Id, move, cancellation);
        }
    }

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
