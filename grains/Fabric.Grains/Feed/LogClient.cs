using System.Threading.Channels;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Feed;

/// <summary>
/// A silo's way into the order: what its grains append at one time goes in one call. Sends again until it knows what became of an entry, for a while; the entry's
/// id keeps it from being logged twice.
/// </summary>
internal sealed class LogClient : IAsyncDisposable
{
    private const int BatchMax = 500;
    private const int CallsMax = 4;
    private const int WaitingMax = 50_000;

    // Shorter together than a call of a grain may take (SiloSetup): a grain that waits for the log is answered before whoever called it gives up.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Channel<Sending> _queue = Channel.CreateBounded<Sending>(new BoundedChannelOptions(WaitingMax) { SingleReader = false });
    private readonly Func<IFeedLogGrain> _log;
    private readonly Relay _relay;
    private readonly TimeProvider _time;
    private readonly Task[] _senders;

    internal LogClient(Func<IFeedLogGrain> log, Relay relay, TimeProvider time)
    {
        (_log, _relay, _time) = (log, relay, time);
        _senders = [.. Enumerable.Range(0, CallsMax).Select(_ => Task.Run(SendAsync))];
    }

    internal static Rejection Unavailable { get; } = new(
        Codes.StorageUnavailable, "log", "the cluster did not take the change: it is not acknowledged and may still take effect");

    /// <summary>The refusal of an entity that has gone on elsewhere; the caller decides again.</summary>
    internal static Rejection Conflict { get; } = new(Codes.StorageUnavailable, "conflict", "the entity has changed meanwhile: try again");

    /// <summary>Logs the events of one command. When it answers, they are durable, and this silo has applied them.</summary>
    internal async ValueTask<Outcome<LogAnswer>> AppendAsync(LogEntry entry)
    {
        var sending = new Sending(entry, _time.GetTimestamp());
        if (!_queue.Writer.TryWrite(sending))
        {
            return new Rejection(Codes.StorageUnavailable, "log", "the backlog of changes that storage has not taken is full");
        }

        var answer = await sending.Answer.Task.ConfigureAwait(false);
        if (!answer.IsOk)
        {
            return answer.Rejection;
        }

        if (answer.Value.Conflict)
        {
            return Conflict;
        }

        if (answer.Value.Full)
        {
            return new Rejection(Codes.LimitReached, "index", answer.Value.Detail ?? "the revocation index has no room");
        }

        // Whoever is answered finds on this silo what the answer says.
        try
        {
            await _relay.WaitAsync(answer.Value.Sequence).WaitAsync(RelayTerms.Lease, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It is durable all the same; this silo serves without a lease by then.
        }

        return answer.Value;
    }

    /// <summary>The same with events.</summary>
    internal ValueTask<Outcome<LogAnswer>> AppendAsync(
        UInt128 id, string by, Instant now, IReadOnlyCollection<FabricEvent> events, string? owner = null, long version = 0, LogSubject? subject = null,
        IndexHold hold = IndexHold.None) =>
        AppendAsync(new LogEntry(id, now.UnixMs, by, EventList.Write(events), owner, version, subject, Hold: hold));

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAll(_senders).ConfigureAwait(false);
    }

    private async Task SendAsync()
    {
        var batch = new List<Sending>();
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < BatchMax && _queue.Reader.TryRead(out var one))
            {
                batch.Add(one);
            }

            if (batch.Count > 0)
            {
                await SendAsync(batch).ConfigureAwait(false);
            }
        }
    }

    private async Task SendAsync(List<Sending> batch)
    {
        for (var again = false; ; again = true)
        {
            try
            {
                var entries = batch.ConvertAll(one => again ? one.Entry with { Resend = true } : one.Entry).ToArray();
                var answers = await _log().AppendAsync(entries).WaitAsync(RelayTerms.CallPatience, _time).ConfigureAwait(false);
                for (var i = 0; i < answers.Length; i++)
                {
                    batch[i].Answer.TrySetResult(answers[i]);
                }

                return;
            }
#pragma warning disable CA1031 // a silo went away, the grain is moving: sent again, or answered as not known
            catch (Exception)
#pragma warning restore CA1031
            {
                if (_time.GetElapsedTime(batch[0].Since) > Patience)
                {
                    batch.ForEach(one => one.Answer.TrySetResult(Unavailable));
                    return;
                }

                await Task.Delay(Pause, _time).ConfigureAwait(false);
            }
        }
    }

    private sealed record Sending(LogEntry Entry, long Since)
    {
        internal TaskCompletionSource<Outcome<LogAnswer>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
