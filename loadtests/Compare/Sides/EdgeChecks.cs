using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Fabric.Contracts.Revocations;
using Fabric.Core.Scopes;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Compare.Sides;

/// <summary>
/// Cached checks at an edge in this process: tokens that were really issued, over an index of credentials that were really revoked. One thread. As in a server, which has just read
/// them from its socket, the texts of a token and its call are in the core's cache when their check begins; what the edge keeps about them is where it may be.
/// </summary>
internal sealed class EdgeChecks : IAsyncDisposable
{
    /// <summary>Live tokens.</summary>
    public const int Tokens = 50_000;

    /// <summary>Of them, those of a working set: as many as agents are at work at one moment.</summary>
    public const int HotTokens = 1_000;

    private const int Revoked = 50_000;
    private const int Users = 500;
    private const int BatchSize = 50;
    private const int ReceivedAtOnce = 16;

    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1);

    private readonly TempFolder _folder;
    private readonly LocalFabric _local;
    private readonly ICheckingEdge _edge;
    private readonly (byte[] Token, ToolCall Call)[] _presented;

    private EdgeChecks(TempFolder folder, LocalFabric local, EdgeCall[] calls)
    {
        (_folder, _local, _edge) = (folder, local, local.MakeEdge("acme", 2 * Tokens));
        Texts = [.. calls.Select(call => call.Token)];
        _presented = [.. calls.Select(call => (Encoding.ASCII.GetBytes(call.Token), HeldCalls.CallOf(call)))];
    }

    /// <summary>The tokens, as strings.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>The public key under which they verify.</summary>
    public ECDsa PublicKey()
    {
        var key = _local.Engine.Keys.Snapshot().Single();
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = key.X.ToArray(), Y = key.Y.ToArray() } });
    }

    /// <summary>Issues, revokes, and lets the edge see each token once.</summary>
    public static async Task<EdgeChecks> StartAsync(ScenarioRun run)
    {
        var folder = new TempFolder(run.Options.KeepData);
        var local = LocalFabric.Open(folder.Path);
        var town = await Town.FoundAsync(local.Operator, "acme");
        await town.SettleAsync(0, Users);
        using var stage = run.Log.Begin($"issue {Tokens:N0} tokens, revoke {Revoked:N0} others", Tokens + Revoked);
        var calls = new EdgeCall[Tokens];
        await Swarm.ForAsync(Tokens / BatchSize, Town.Callers, async i =>
        {
            var issued = await town.IssueAsync(await town.OpenAsync(i % Users, i), BatchSize);
            for (var k = 0; k < BatchSize; k++)
            {
                calls[(i * BatchSize) + k] = Town.CallOf(issued[k].Token, i, k);
            }

            stage.Advance(BatchSize);
        });
        await Swarm.ForAsync(Revoked / 1_000, 16, async i =>
        {
            var issued = await town.IssueAsync(await town.OpenAsync(i, i), 1_000);
            _ = await local.Operator.RevokeAsync(
                new RevokeRequest(Tenant: "acme", Credentials: [.. issued.Select(each => each.Id)], Reason: "load test")).Need("revoke credentials");
            stage.Advance(1_000);
        });
        var checks = new EdgeChecks(folder, local, calls);
        for (var i = 0; i < Tokens; i++)
        {
            await checks.CheckOneAsync(i);
        }

        return checks;
    }

    /// <summary>Checks tokens at random for a round.</summary>
    public Task<SideRound> RoundAsync() => RoundAsync(Tokens);

    /// <summary>Checks tokens of the working set at random for a round.</summary>
    public Task<SideRound> HotRoundAsync() => RoundAsync(HotTokens);

    /// <summary>Checks one. Throws <see cref="LoadException"/> when it is denied.</summary>
    public ValueTask CheckOneAsync(int i)
    {
        ref readonly var one = ref _presented[i % Tokens];
        var decision = _edge.Check(one.Token, one.Call);
        return decision.Allowed ? ValueTask.CompletedTask : throw new LoadException($"a check of a live token was denied: {decision.Code}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _local.DisposeAsync();
        _folder.Dispose();
    }

    private Task<SideRound> RoundAsync(int among) => Task.Factory.StartNew(() => Round(among), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // The time of the checks alone: on one thread that does nothing else, and starts no other, it is processor time.
    private SideRound Round(int among)
    {
        Span<int> drawn = stackalloc int[ReceivedAtOnce];
        var (state, done, denied, time) = (88172645463325252UL, 0L, 0L, TimeSpan.Zero);
        while (time < RoundTime)
        {
            foreach (ref var one in drawn)
            {
                // xorshift: as cheap as a random draw can be.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                one = (int)(((state >> 32) * (ulong)among) >> 32);
                Receive(_presented[one]);
            }

            var began = Stopwatch.GetTimestamp();
            foreach (var i in drawn)
            {
                ref readonly var one = ref _presented[i];
                denied += _edge.Check(one.Token, one.Call).Allowed ? 0 : 1;
            }

            time += Stopwatch.GetElapsedTime(began);
            done += ReceivedAtOnce;
        }

        var seconds = time.TotalSeconds;
        return denied == 0 ? SideRound.PerCpuSecond(done, seconds, seconds, 0) : throw new LoadException($"{denied} checks of live tokens were denied");
    }

    // Reads the texts, as parsing a request does.
    private static void Receive((byte[] Token, ToolCall Call) one)
    {
        if (one.Token.AsSpan().Contains((byte)' ') || one.Call.Tool.Contains(' ', StringComparison.Ordinal)
            || one.Call.Action.Contains(' ', StringComparison.Ordinal) || one.Call.Resource.Contains(' ', StringComparison.Ordinal))
        {
            throw new LoadException("a token or call with a blank in it");
        }
    }
}
