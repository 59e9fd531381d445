using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Text.Json;
using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Processes;

/// <summary>An edge in a process of its own: this program again, over the feed of a host, told what to check through its standard input.</summary>
internal sealed class EdgeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<EdgeReply>> _waiting = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Task _reading;
    private long _lastId;

    private EdgeProcess(string name, Process process)
    {
        (Name, _process) = (name, process);
        _reading = ReadAsync();
    }

    /// <summary>The name under which receipts list it.</summary>
    public string Name { get; }

    /// <summary>Its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The process's memory, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts an edge and waits until it holds a lease. <paramref name="secret"/>: an enforcement point's key; <paramref name="settings"/>: further environment variables.</summary>
    public static async Task<EdgeProcess> StartAsync(
        string name, Uri fabric, string secret, CancellationToken cancellation, IReadOnlyDictionary<string, string>? settings = null)
    {
        var start = ThisProgram.Again(nice: 0, EdgeChild.Verb, name, fabric.ToString());

        // Not an argument: the arguments of a process are open to all its machine's users.
        start.Environment[EdgeChild.SecretVariable] = secret;
        foreach (var (variable, value) in settings ?? ReadOnlyDictionary<string, string>.Empty)
        {
            start.Environment[variable] = value;
        }

        var edge = new EdgeProcess(name, Process.Start(start) ?? throw new LoadException("an edge process could not be started"));
        await edge.WaitReadyAsync(cancellation);
        return edge;
    }

    /// <summary>Starts several, one after the other.</summary>
    public static async Task<EdgeFleet> StartFleetAsync(int count, Uri fabric, string secret, CancellationToken cancellation)
    {
        var edges = new List<EdgeProcess>();
        for (var i = 1; i <= count; i++)
        {
            edges.Add(await StartAsync($"edge-{i}", fabric, secret, cancellation));
        }

        return new EdgeFleet(edges);
    }

    /// <summary>Sends a command and waits for its answer. Throws <see cref="LoadException"/> on a fault of the edge.</summary>
    public async Task<EdgeReply> SendAsync(string op, string? group = null, IReadOnlyList<EdgeCall>? calls = null, int perSecond = 0, long sinceBucket = 0)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = _waiting[id] = new TaskCompletionSource<EdgeReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        var line = JsonSerializer.Serialize(new EdgeCommand(id, op, group, calls, perSecond, sinceBucket), EdgeJson.Default.EdgeCommand);
        await _writing.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }

        var reply = await answer.Task;
        return reply.Fault is null ? reply : throw new LoadException($"{Name}: {reply.Fault}");
    }

    /// <summary>Stops the process where it stands, or lets it go on: the signals `STOP` and `CONT`.</summary>
    public Task SignalAsync(string signal) => Signals.SendAsync(_process, signal);

    /// <summary>How the edge stands.</summary>
    public async Task<EdgeState> StateAsync() => (await SendAsync(EdgeOps.State)).State ?? throw new LoadException($"{Name}: no state");

    /// <summary>Waits until the edge has applied a revision.</summary>
    public async Task WaitRevisionAsync(ulong revision, TimeSpan atMost)
    {
        var from = Clock.NowNs;
        while ((await StateAsync()) is var state && !(state.IsReady && state.Revision >= revision))
        {
            if (Clock.Ms(from, Clock.NowNs) > atMost.TotalMilliseconds)
            {
                throw new LoadException($"{Name}: at revision {state.Revision}, ready {state.IsReady}, instead of {revision}");
            }

            await Task.Delay(20);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // It says bye to the fabric.
        await ThisProgram.EndAsync(_process);
        await _reading;
        _process.Dispose();
        _writing.Dispose();
    }

    /// <summary>Waits until it holds a lease.</summary>
    public async Task WaitReadyAsync(CancellationToken cancellation)
    {
        var from = Clock.NowNs;
        while (!(await StateAsync()).IsReady)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Clock.Ms(from, Clock.NowNs) > 60_000)
            {
                throw new LoadException($"{Name}: not ready within 60 s");
            }

            await Task.Delay(20, cancellation);
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var reply = JsonSerializer.Deserialize(line, EdgeJson.Default.EdgeReply)!;
            if (_waiting.TryRemove(reply.Id, out var answer))
            {
                answer.SetResult(reply);
            }
        }

        foreach (var (id, answer) in _waiting)
        {
            answer.TrySetResult(new EdgeReply(id, "the edge process has ended"));
        }
    }
}
