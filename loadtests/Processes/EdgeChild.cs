using System.Text.Json;
using System.Threading.Channels;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Processes;

/// <summary>The edge process itself: commands in on standard input, answers out on standard output, one JSON object a line.</summary>
internal sealed class EdgeChild : IAsyncDisposable
{
    /// <summary>The hidden verb that runs it: name and address follow.</summary>
    public const string Verb = "edge-child";

    /// <summary>The environment variable with the enforcement point's key.</summary>
    public const string SecretVariable = "FABRIC_EDGE_SECRET";

    private const int TimedBatches = 200;
    private const int TimedBatchSize = 500;

    private readonly RejoiningEdge _edge;
    private readonly HeldCalls _held;
    private readonly ScheduledChecks _schedule;
    private readonly Channel<EdgeReply> _replies = Channel.CreateUnbounded<EdgeReply>();
    private long _checks;

    private EdgeChild(RejoiningEdge edge)
    {
        _edge = edge;
        _held = new HeldCalls(edge);
        _schedule = new ScheduledChecks(edge);
    }

    /// <summary>Runs until the input ends.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var name, var address] || Environment.GetEnvironmentVariable(SecretVariable) is not { Length: > 0 } secret)
        {
            await Console.Error.WriteLineAsync($"{Verb} is started by the load tests");
            return LoadCommands.NotRun;
        }

        await using var child = new EdgeChild(new RejoiningEdge(() => RemoteEdge.Start(name, new Uri(address), secret)));
        await child.ServeAsync();
        return 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _held.Stop();
        _schedule.Stop();
        await _edge.DisposeAsync();
    }

    private async Task ServeAsync()
    {
        var writing = Task.Run(WriteAsync);
        using var input = new StreamReader(Console.OpenStandardInput(), bufferSize: 1 << 16);
        while (await input.ReadLineAsync() is { } line)
        {
            var command = JsonSerializer.Deserialize(line, EdgeJson.Default.EdgeCommand)!;

            // One command does not wait for another: an answer of the fabric may be on its way.
            _ = Task.Run(() => AnswerAsync(command));
        }

        _replies.Writer.Complete();
        await writing;
    }

    private async Task WriteAsync()
    {
        await using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 16);
        await foreach (var reply in _replies.Reader.ReadAllAsync())
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(reply, EdgeJson.Default.EdgeReply));
            if (_replies.Reader.Count == 0)
            {
                await output.FlushAsync();
            }
        }
    }

    private async Task AnswerAsync(EdgeCommand command)
    {
        EdgeReply reply;
        try
        {
            reply = command.Op switch
            {
                EdgeOps.Check => await CheckAsync(command.Id, command.Calls ?? []),
                EdgeOps.Hold => _held.Hold(command.Id, command.Group ?? "", command.Calls ?? []),
                EdgeOps.CheckHeld => _held.CheckOnce(command.Id, command.Group ?? ""),
                EdgeOps.Hammer => _held.Hammer(command.Id),
                EdgeOps.Drop => _held.Drop(command.Id),
                EdgeOps.LastAllowed => _held.LastAllowed(command.Id, command.Group ?? ""),
                EdgeOps.Watch => _schedule.Watch(command.Id, command.Group ?? "", command.Calls ?? [], command.PerSecond),
                EdgeOps.Seen => _schedule.Seen(command.Id),
                EdgeOps.Buckets => _schedule.Buckets(command.Id, command.Group ?? "", command.SinceBucket),
                EdgeOps.Time => TimeChecks(command.Id, command.Calls ?? []),
                EdgeOps.Unwatch => _schedule.Forget(command.Id),
                EdgeOps.Leave => await AfterAsync(command.Id, _edge.LeaveAsync()),
                EdgeOps.Join => await AfterAsync(command.Id, _edge.JoinAsync()),
                EdgeOps.Applied => new EdgeReply(command.Id, Applied: _edge.TakeApplied()),
                EdgeOps.State => new EdgeReply(command.Id, State: _edge.State with { Checks = Interlocked.Read(ref _checks), HeapBytes = GC.GetTotalMemory(false), GcPausedMs = GC.GetTotalPauseDuration().TotalMilliseconds }),
                _ => new EdgeReply(command.Id, $"no such command: {command.Op}"),
            };
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            reply = new EdgeReply(command.Id, $"{fault.GetType().Name}: {fault.Message}");
        }

        _replies.Writer.TryWrite(reply);
    }

    private static async Task<EdgeReply> AfterAsync(long id, Task done)
    {
        await done;
        return new EdgeReply(id);
    }

    // The median of short batches: a batch that was interrupted does not count for all.
    private EdgeReply TimeChecks(long id, IReadOnlyList<EdgeCall> calls)
    {
        var held = calls.Select(call => (call.Token, Call: HeldCalls.CallOf(call))).ToArray();
        var (times, denied) = (new double[TimedBatches], 0);
        for (var batch = 0; batch < TimedBatches; batch++)
        {
            var beganNs = Clock.NowNs;
            for (var i = 0; i < TimedBatchSize; i++)
            {
                var (token, call) = held[i % held.Length];
                denied += _edge.Check(token, call).Allowed ? 0 : 1;
            }

            times[batch] = (Clock.NowNs - beganNs) / (double)TimedBatchSize;
        }

        Interlocked.Add(ref _checks, TimedBatches * TimedBatchSize);
        return new EdgeReply(id, Denied: denied, CheckNs: Samples.Median(times));
    }

    private async Task<EdgeReply> CheckAsync(long id, IReadOnlyList<EdgeCall> calls)
    {
        var codes = new string[calls.Count];
        var (allowed, lastAllowedNs) = (0, 0L);
        for (var i = 0; i < calls.Count; i++)
        {
            var beganNs = Clock.NowNs;
            var decision = await _edge.CheckAsync(calls[i].Token, HeldCalls.CallOf(calls[i]));
            codes[i] = decision.Allowed ? "" : decision.Code ?? "denied";
            allowed += decision.Allowed ? 1 : 0;
            lastAllowedNs = decision.Allowed ? beganNs : lastAllowedNs;
        }

        Interlocked.Add(ref _checks, calls.Count);
        return new EdgeReply(id, Allowed: allowed, Denied: calls.Count - allowed, LastAllowedNs: lastAllowedNs, Codes: codes);
    }
}
