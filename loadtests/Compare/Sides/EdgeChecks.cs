using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Fabric.Contracts.Revocations;
using Fabric.Core.Scopes;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Processes;
using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Compare.Sides;

/// <summary>Cached checks at an edge in this process: tokens that were really issued, over an index of credentials that were really revoked. One thread.</summary>
internal sealed class EdgeChecks : IAsyncDisposable
{
    /// <summary>Live tokens.</summary>
    public const int Tokens = 50_000;

    private const int Revoked = 50_000;
    private const int Users = 500;
    private const int BatchSize = 50;
    private const int BetweenLooks = 1_024;

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
    public Task<SideRound> RoundAsync() => Task.Factory.StartNew(Round, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

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

    private SideRound Round()
    {
        var (state, done, denied) = (88172645463325252UL, 0L, 0L);
        var cpu = ProcessTimes.OwnSeconds;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < RoundTime)
        {
            for (var i = 0; i < BetweenLooks; i++)
            {
                // xorshift: as cheap as a random draw can be.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                ref readonly var one = ref _presented[(int)(((state >> 32) * Tokens) >> 32)];
                denied += _edge.Check(one.Token, one.Call).Allowed ? 0 : 1;
            }

            done += BetweenLooks;
        }

        var round = SideRound.PerCpuSecond(done, watch.Elapsed.TotalSeconds, ProcessTimes.OwnSeconds - cpu, 0);
        return denied == 0 ? round : throw new LoadException($"{denied} checks of live tokens were denied");
    }
}
