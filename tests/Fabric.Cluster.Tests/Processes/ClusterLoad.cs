using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Fabric.Client.Http;
using Fabric.Contracts.Checks;
using Fabric.Core.Common;
using Xunit.Abstractions;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>
/// Load on a cluster that a test breaks meanwhile: writers, enforcement points and silos that are asked all along, and every answer held against what was acknowledged
/// (R1, R3, R5); at the end all of it is read back (D1). The first thing that is broken ends the test.
/// </summary>
internal sealed class ClusterLoad : IAsyncDisposable
{
    private const int WritersCount = 6;

    // Commands of each writer before the fault, and after it has ended.
    private const int Warm = 15;
    private const int More = 25;
    private const int ChecksAtOnce = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(5.5);
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);
    private static int _loads;

    private readonly LoadedCluster _cluster;
    private readonly ITestOutputHelper _output;
    private readonly Random _random;
    private readonly CancellationTokenSource _stopWriting = new();
    private readonly CancellationTokenSource _stopLooking = new();
    private readonly CancellationTokenSource _broken = new();
    private readonly ConcurrentDictionary<string, int> _notes = new();
    private readonly ConcurrentDictionary<SiloProcess, FabricHttpClient> _clients = new();
    private readonly List<LoadWriter> _writers = [];
    private readonly ConcurrentQueue<Task> _looking = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private Task _writing = Task.CompletedTask;
    private string? _why;

    private ClusterLoad(LoadedCluster cluster, ITestOutputHelper output, int seed)
    {
        (_cluster, _output, _random) = (cluster, output, new Random(seed));
        Edges = new LoadEdges(cluster, Ledger);
        Say($"seed {seed}");
    }

    internal LoadLedger Ledger { get; } = new();

    internal LoadEdges Edges { get; }

    /// <summary>Cancelled when something is broken.</summary>
    internal CancellationToken Broken => _broken.Token;

    internal IEnumerable<string> Tenants => _writers.Select(writer => writer.Tenant);

    /// <summary>Starts on a whole cluster; answers once all work. Give a seed to run one again.</summary>
    internal static async Task<ClusterLoad> StartAsync(LoadedCluster cluster, ITestOutputHelper output, int? seed = null)
    {
        await cluster.MakeWholeAsync();
        var load = new ClusterLoad(cluster, output, seed ?? Random.Shared.Next());
        try
        {
            await load.BeginAsync();
            return load;
        }
        catch
        {
            await load.DisposeAsync();
            throw;
        }
    }

    private async Task BeginAsync()
    {
        var number = Interlocked.Increment(ref _loads);
        _writers.AddRange(Enumerable.Range(0, WritersCount).Select(i => new LoadWriter(this, $"load{number}-{i}", _random.Next())));
        await Task.WhenAll(_writers.Select(writer => writer.SettleAsync(_cluster.Silos[0])).Append(Edges.ConnectAsync()));
        foreach (var edge in Edges.All)
        {
            Watch(edge);
        }

        foreach (var silo in _cluster.Silos)
        {
            Watch(silo);
        }

        _writing = Task.WhenAll(_writers.Select(writer => KeepAsync(() => writer.RunAsync(WriteEvery, _stopWriting.Token))));
        await GoOnAsync(Warm);
        Say($"under load: {_writers.Sum(writer => writer.Done)} commands, {Ledger.Tokens.Length} credentials");
    }

    internal void Watch(LoadEdge edge, int most = 20, TimeSpan? every = null)
    {
        var seed = _random.Next();
        _looking.Enqueue(KeepAsync(() => edge.WatchAsync(seed, most, every ?? LookEvery, _stopLooking.Token)));
    }

    /// <summary>Asks a silo from now on, also for its commands.</summary>
    internal void Watch(SiloProcess silo)
    {
        var random = new Random(_random.Next());
        _looking.Enqueue(KeepAsync(() => AskAsync(silo, random)));
    }

    /// <summary>A call at one silo after another until it is acknowledged; throws for a refusal that no caller is told to ask again for.</summary>
    internal async Task<T> CallAsync<T>(Random random, Func<FabricHttpClient, ValueTask<Outcome<T>>> command, [CallerMemberName] string what = "", SiloProcess? at = null)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (true)
        {
            var silos = _cluster.Silos;
            var silo = at ?? silos[random.Next(silos.Length)];
            var asked = Stopwatch.GetTimestamp();
            var outcome = await command(ClientOf(silo));
            if (Stopwatch.GetElapsedTime(asked) > Slow)
            {
                Say($"{what} at {silo.Name} took {Stopwatch.GetElapsedTime(asked).TotalMilliseconds:N0} ms: {(outcome.IsOk ? "ok" : outcome.Rejection)}");
            }

            if (outcome.IsOk)
            {
                return outcome.Value;
            }

            Refused(silo, outcome.Rejection, what);
            await timer.WaitForNextTickAsync(Broken);
        }
    }

    /// <summary>Completes once every silo knows of an agent.</summary>
    internal async Task KnownAsync(string tenant, string agent)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        foreach (var silo in _cluster.Silos)
        {
            while (!(await ClientOf(silo).GetAgentAsync(tenant, agent)).IsOk)
            {
                await timer.WaitForNextTickAsync(Broken);
            }
        }
    }

    /// <summary>Looks at dead credentials at every enforcement point and every silo that answers.</summary>
    internal async Task LookEverywhereAsync(Random random, LoadToken[] tokens)
    {
        foreach (var broken in Edges.All.SelectMany(edge => tokens.Select(token => edge.Look(token))).OfType<string>())
        {
            throw new LoadException(broken);
        }

        var silos = _cluster.Silos;
        await CheckAsync(silos[random.Next(silos.Length)], tokens);
    }

    /// <summary>Does something beside the load; what is broken in it ends the test.</summary>
    internal async Task KeepAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception) when (Broken.IsCancellationRequested)
        {
            // Not what it was that broke.
        }
#pragma warning disable CA1031 // whatever it was, the test fails with it
        catch (Exception error)
#pragma warning restore CA1031
        {
            _why ??= error is LoadException ? error.Message : error.ToString();
            await _broken.CancelAsync();
        }
    }

    internal void Note(string what) => _notes.AddOrUpdate(what, 1, (_, count) => count + 1);

    internal void Say(string what) => _output.WriteLine($"{Stopwatch.GetElapsedTime(_started).TotalMilliseconds,8:N0} ms  {what}");

    /// <summary>Completes once it holds; fails when that takes too long, or something is broken meanwhile.</summary>
    internal async Task UntilAsync(string what, Func<bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Broken);
        limit.CancelAfter(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (!holds())
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw Failure($"not within {Patience.TotalSeconds} s: {what}");
        }
    }

    /// <summary>Completes once each writer has done so many commands more.</summary>
    internal Task GoOnAsync(int commands = Warm)
    {
        var marks = _writers.ConvertAll(writer => (Writer: writer, Mark: writer.Done + commands));
        return UntilAsync($"each writer has done {commands} commands more", () => marks.TrueForAll(one => one.Writer.Done >= one.Mark));
    }

    /// <summary>Completes once a revocation is confirmed that stands behind all that are accepted now.</summary>
    internal Task ConfirmedAgainAsync()
    {
        var mark = Ledger.AcceptedRevision;
        return UntilAsync("a revocation that comes now is confirmed", () => Ledger.ConfirmedRevision > mark);
    }

    /// <summary>Completes once every enforcement point allows what nobody has revoked.</summary>
    internal Task AllAllowAsync() => UntilAsync("all enforcement points allow", () => Edges.All.All(Allows));

    /// <summary>Completes once no enforcement point allows anything.</summary>
    internal Task NoneAllowsAsync(IReadOnlyList<LoadEdge>? edges = null) => UntilAsync("no enforcement point allows", () => !(edges ?? Edges.All).Any(Allows));

    /// <summary>The fault is over: the load goes on for a while, ends, and everything that was acknowledged is read back.</summary>
    internal async Task EndAsync()
    {
        await AllAllowAsync();
        await GoOnAsync(More);
        await _stopWriting.CancelAsync();
        await RunAsync("the writers end", _writing);
        await RunAsync("all revocations are confirmed", Task.WhenAll(_writers.Select(writer => writer.DrainAsync())));
        await _stopLooking.CancelAsync();
        await RunAsync("all who looked end", Task.WhenAll(_looking));
        Say($"{_writers.Sum(writer => writer.Done)} commands, {Ledger.Sessions.Length} sessions, {Ledger.Tokens.Length} credentials, {Ledger.Revoked.Length} nodes revoked");
        await RunAsync("everything is read back", KeepAsync(() => new LoadReckoning(_cluster, this).CheckAsync()));
        Say($"read back; meanwhile: {Meanwhile()}");
        foreach (var edge in Edges.All.Take(8))
        {
            Say(edge.Counts);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _broken.CancelAsync();
        await _stopWriting.CancelAsync();
        await _stopLooking.CancelAsync();
        await Task.WhenAll(_writing, Task.WhenAll(_looking), Task.WhenAll(_writers.Select(writer => writer.DrainAsync())));
        await Edges.DisposeAsync();
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    internal FabricHttpClient ClientOf(SiloProcess silo) => _clients.GetOrAdd(silo, _cluster.Client);

    private bool Allows(LoadEdge edge)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            if (Ledger.Pick(_random) is { IsUntouched: true } token && edge.Allows(token))
            {
                return true;
            }
        }

        return false;
    }

    private async Task RunAsync(string what, Task work)
    {
        var ended = KeepAsync(() => work);
        await UntilAsync(what, () => ended.IsCompleted);
        if (_why is not null)
        {
            throw Failure(what);
        }
    }

    private InvalidOperationException Failure(string what) => new(
        $"{_why ?? what}\n(writers have done {string.Join(", ", _writers.Select(writer => $"{writer.Done} with {writer.Waits} receipts open"))}; {Meanwhile()};"
        + $"\n{string.Join('\n', Edges.All.Take(8).Select(edge => edge.Counts))})\n{_cluster.Complaints()}");

    private string Meanwhile() => _notes.IsEmpty ? "nothing was refused" : string.Join(", ", _notes.OrderBy(note => note.Key).Select(note => $"{note.Value} x {note.Key}"));

    // What a caller is told to send again: nothing was acknowledged.
    private void Refused(SiloProcess silo, Rejection rejection, string what)
    {
        if (rejection.Code is not (Codes.StorageUnavailable or Codes.Unreachable or Codes.Stopping))
        {
            throw new LoadException($"silo {silo.Name} refused {what}: {rejection}");
        }

        Note(rejection.Code == Codes.StorageUnavailable ? $"{rejection.Code} ({rejection.Detail})" : rejection.Code);
    }

    private async Task AskAsync(SiloProcess silo, Random random)
    {
        using var timer = new PeriodicTimer(AskEvery);
        while (await LoadEdge.TicksAsync(timer, _stopLooking.Token))
        {
            var tokens = Enumerable.Range(0, ChecksAtOnce).Select(_ => Ledger.Pick(random)).OfType<LoadToken>().ToArray();
            if (tokens.Length > 0)
            {
                await CheckAsync(silo, tokens);
            }
        }
    }

    private async Task CheckAsync(SiloProcess silo, LoadToken[] tokens)
    {
        if (tokens.Length == 0)
        {
            return;
        }

        var questions = Array.ConvertAll(tokens, Ledger.Ask);
        var answers = await ClientOf(silo).CheckManyAsync(new CheckBatch([.. tokens.Select(RequestOf)]));
        if (!answers.IsOk)
        {
            Refused(silo, answers.Rejection, nameof(CheckAsync));
            return;
        }

        for (var i = 0; i < questions.Length; i++)
        {
            var answer = answers.Value.Answers[i];
            if (questions[i].Judge(answer.Allowed, answer.Code, answer.Revision) is { } broken)
            {
                throw new LoadException($"silo {silo.Name} {broken}");
            }
        }
    }

    internal static CheckRequest RequestOf(LoadToken token) => new(token.Text, "mail", "send", "x", "write");
}
