using Fabric.Client.Edges;
using Fabric.Client.Feed;
using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>An enforcement point that is asked all along, and whose every answer is held against the ledger.</summary>
internal sealed class LoadEdge(string name, FeedConnection feed, Edge edge, LoadLedger ledger) : IAsyncDisposable
{
    private static readonly ToolCall[] Calls =
    [
        new("mail", "send", "x", ActionClass.Read), new("mail", "send", "x", ActionClass.Write), new("mail", "send", "x", ActionClass.Destructive),
    ];

    private readonly Lock _gate = new();
    private ulong _position;
    private long _allowed;
    private long _denied;

    internal string Name => name;

    internal Task WhenLeasedAsync(CancellationToken cancellation) => feed.WhenLeasedAsync(cancellation);

    internal Task WhenAppliedAsync(ulong revision, CancellationToken cancellation) => feed.WhenAppliedAsync(revision, cancellation);

    internal string Counts => $"{name}: {Volatile.Read(ref _allowed)} allowed, {Volatile.Read(ref _denied)} denied, at {edge.Revision}{(feed.LastEnd is { } end ? $", last end `{end}`" : "")}";

    /// <summary>Whether it would allow what nobody has revoked.</summary>
    internal bool Allows(LoadToken token) => edge.Check(token.Text, Calls[0]).Allowed;

    /// <summary>Checks one credential; null: the answer is one that may be.</summary>
    internal string? Look(LoadToken token, int way = 0)
    {
        var question = ledger.Ask(token);
        var decision = edge.Check(token.Text, Calls[way]);
        Count(decision.Allowed);

        // What only the fabric may tell is denied here, with its own code.
        return decision.Code == Codes.CheckNeedsAuthority ? null : Named(question.Judge(decision.Allowed, decision.Code, decision.Revision));
    }

    /// <summary>The same with the fabric's word for what is destructive.</summary>
    internal async Task<string?> AskAsync(LoadToken token, CancellationToken cancellation)
    {
        var question = ledger.Ask(token);
        var decision = await edge.CheckAsync(token.Text, Calls[2], null, cancellation);
        Count(decision.Allowed);
        return Named(question.Judge(decision.Allowed, decision.Code, decision.Revision, isOwn: false));
    }

    /// <summary>Checks what it finds until it is stopped; throws what is broken.</summary>
    internal async Task WatchAsync(int seed, int most, TimeSpan every, CancellationToken stop)
    {
        var random = new Random(seed);
        using var timer = new PeriodicTimer(every);
        while (await TicksAsync(timer, stop))
        {
            if (LookAtPosition() is { } fell)
            {
                throw new LoadException(fell);
            }

            for (var i = 0; i < most && ledger.Pick(random) is { } token; i++)
            {
                var broken = i == 0 ? await AskUntilAsync(token, stop) : Look(token, random.Next(2));
                if (broken is not null)
                {
                    throw new LoadException(broken);
                }
            }
        }
    }

    public ValueTask DisposeAsync() => edge.DisposeAsync();

    internal static async Task<bool> TicksAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<string?> AskUntilAsync(LoadToken token, CancellationToken stop)
    {
        try
        {
            return await AskAsync(token, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    // INVARIANT R3: in order, and never back: an edge that knows more than a silo does not follow it.
    private string? LookAtPosition()
    {
        lock (_gate)
        {
            var (now, before) = (edge.Revision, _position);
            _position = Math.Max(now, before);
            return now < before ? $"{name} R3: its position fell from {before} to {now}" : null;
        }
    }

    private string? Named(string? broken) => broken is null ? null : $"{name} {broken}";

    private void Count(bool allowed) => Interlocked.Increment(ref allowed ? ref _allowed : ref _denied);
}
