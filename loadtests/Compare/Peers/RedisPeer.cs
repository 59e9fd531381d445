using System.Globalization;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Sides;
using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Scenarios;
using StackExchange.Redis;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>
/// Redis with a session key for each credential: a check is a GET, or an MGET of six ancestors; a revocation is a DEL and a message to ten subscribers. Every write is
/// on disk before it is answered, as Fabric's is.
/// </summary>
internal sealed class RedisPeer : IPeer
{
    private const int Callers = 64;
    private const int Ancestors = 6;
    private const int Subscribers = 10;
    private const int RevocationsPerRound = 20;
    private const int LatencyPerSecond = 2_000;
    private const string Channel = "revoked";

    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1);
    private static readonly RedisKey[] Keys = [.. Enumerable.Range(0, EdgeChecks.Tokens).Select(i => (RedisKey)$"credential:{i:d8}")];
    private static readonly RedisKey[][] Chains =
        [.. Enumerable.Range(0, EdgeChecks.Tokens).Select(i => Enumerable.Range(0, Ancestors).Select(k => Keys[(i + (k * 7_919)) % Keys.Length]).ToArray())];

    public string Name => "redis";

    public string? Missing => PeerProcess.Find("redis-server") is null ? "redis-server is not installed (Debian: redis-server)" : null;

    public async Task MeasureAsync(Comparison on)
    {
        await using var server = await PeerProcess.StartAsync(PeerProcess.Find("redis-server")!, Arguments, on.Run.Cancellation);
        await using var redis = await ConnectAsync(server);
        var database = redis.GetDatabase();
        on.Run.Report.Note($"Redis {redis.GetServers()[0].Version}, append-only file with fsync always; {Callers} callers over one multiplexed connection (StackExchange.Redis)");
        foreach (var chunk in Keys.Chunk(5_000))
        {
            _ = await database.StringSetAsync([.. chunk.Select((key, i) => KeyValuePair.Create(key, (RedisValue)$"{{\"user\":\"user-{i}\",\"agent\":\"assistant-{i}\",\"live\":true}}"))]);
        }

        await ChecksAsync(on, server, database);
        await RevocationsAsync(on, server, database);
    }

    private static string[] Arguments(int port, string folder) =>
        ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no"];

    private static Task<ConnectionMultiplexer> ConnectAsync(PeerProcess server) => ConnectionMultiplexer.ConnectAsync(
        new ConfigurationOptions { EndPoints = { { "127.0.0.1", server.Port } }, AllowAdmin = true, AbortOnConnectFail = true });

    private static async Task ChecksAsync(Comparison on, PeerProcess server, IDatabase database)
    {
        var checks = await on.Fabric.ChecksAsync();
        await on.PairAsync(
            new PairSpec("compare.check_redis_get", "Redis GET", "a cached check at an edge", "GET of a credential's session key", "checks/s of CPU"),
            checks.RoundAsync, () => RoundAsync(server, EdgeChecks.Tokens, i => GetAsync(database, i)),
            new Comparison.Scheduled(LatencyPerSecond, checks.CheckOneAsync, i => new ValueTask(GetAsync(database, i))));
        await on.PairAsync(
            new PairSpec("compare.check_redis_mget", "Redis MGET", "a cached check at an edge", "MGET of six ancestors' keys", "checks/s of CPU"),
            checks.RoundAsync, () => RoundAsync(server, EdgeChecks.Tokens, i => MultiGetAsync(database, i)),
            new Comparison.Scheduled(LatencyPerSecond, checks.CheckOneAsync, i => new ValueTask(MultiGetAsync(database, i))));
        await on.PairAsync(
            new PairSpec("compare.check_hot_redis_get", "Redis GET", $"a cached check at an edge, of {EdgeChecks.HotTokens:N0} tokens", $"GET of a credential's session key, of {EdgeChecks.HotTokens:N0}", "checks/s of CPU"),
            checks.HotRoundAsync, () => RoundAsync(server, EdgeChecks.HotTokens, i => GetAsync(database, i)));
        await on.PairAsync(
            new PairSpec("compare.check_hot_redis_mget", "Redis MGET", $"a cached check at an edge, of {EdgeChecks.HotTokens:N0} tokens", $"MGET of six ancestors' keys, of {EdgeChecks.HotTokens:N0}", "checks/s of CPU"),
            checks.HotRoundAsync, () => RoundAsync(server, EdgeChecks.HotTokens, i => MultiGetAsync(database, i)));
    }

    private static async Task<SideRound> RoundAsync(PeerProcess server, int among, Func<int, Task> check)
    {
        long done = 0;
        var (seconds, client, serverCpu) = await Comparison.TimedAsync(() => server.CpuSeconds, async () =>
        {
            using var stop = new CancellationTokenSource(RoundTime);
            await Swarm.UntilAsync(Callers, async _ => await check(Next(ref done, among)), stop.Token);
        });
        return SideRound.PerCpuSecond(done, seconds, client, serverCpu);
    }

    // A step that is prime to the number of keys: all of them in turn, none beside the one before.
    private static int Next(ref long done, int among) => (int)(Interlocked.Increment(ref done) * 48_271 % among);

    private static async Task GetAsync(IDatabase database, int i)
    {
        if ((await database.StringGetAsync(Keys[i % Keys.Length])).IsNull)
        {
            throw new LoadException("a session key is missing");
        }
    }

    private static async Task MultiGetAsync(IDatabase database, int i)
    {
        var values = await database.StringGetAsync(Chains[i % Chains.Length]);
        if (values.Any(value => value.IsNull))
        {
            throw new LoadException("an ancestor's key is missing");
        }
    }

    private static async Task RevocationsAsync(Comparison on, PeerProcess server, IDatabase database)
    {
        var served = await on.Fabric.ServedAsync();
        await served.StartEdgesAsync();
        var subscribers = new List<ConnectionMultiplexer>();
        using var heard = new Countdown();
        try
        {
            for (var i = 0; i < Subscribers; i++)
            {
                subscribers.Add(await ConnectAsync(server));
                await subscribers[i].GetSubscriber().SubscribeAsync(RedisChannel.Literal(Channel), (_, message) => heard.Hear(message));
            }

            var next = 0;
            await on.PairAsync(
                new PairSpec("compare.revoke_redis", "Redis pub/sub", "revoke a credential over HTTP until the last of 10 edges has confirmed", "DEL, on disk, and PUBLISH until the last of 10 subscribers has it", "ms", LessIsBetter: true),
                served.RevokeRoundAsync, async () =>
                {
                    var times = new List<double>();
                    var (_, client, serverCpu) = await Comparison.TimedAsync(() => server.CpuSeconds, async () =>
                    {
                        for (var i = 0; i < RevocationsPerRound; i++)
                        {
                            times.Add(await RevokeAsync(database, heard, next++));
                        }
                    });
                    return SideRound.MedianMs(times, client, serverCpu);
                });
        }
        finally
        {
            foreach (var subscriber in subscribers)
            {
                await subscriber.DisposeAsync();
            }
        }
    }

    private static async Task<double> RevokeAsync(IDatabase database, Countdown heard, int i)
    {
        var id = i.ToString(CultureInfo.InvariantCulture);
        RedisKey key = $"revocable:{id}";
        _ = await database.StringSetAsync(key, "live");
        var all = heard.Begin(id, Subscribers);
        var sentNs = Clock.NowNs;
        var deleted = database.KeyDeleteAsync(key);
        var published = database.PublishAsync(RedisChannel.Literal(Channel), id);
        if (!await deleted || await published != Subscribers)
        {
            throw new LoadException("a key was not there, or a subscriber is missing");
        }

        await all.WaitAsync(TimeSpan.FromSeconds(5));
        return Clock.Ms(sentNs, Clock.NowNs);
    }

    /// <summary>Until all subscribers have heard of one revocation.</summary>
    private sealed class Countdown : IDisposable
    {
        private readonly Lock _changes = new();
        private TaskCompletionSource _all = new();
        private string _id = "";
        private int _missing;

        public Task Begin(string id, int subscribers)
        {
            lock (_changes)
            {
                (_all, _id, _missing) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), id, subscribers);
                return _all.Task;
            }
        }

        public void Hear(RedisValue message)
        {
            lock (_changes)
            {
                if (message == _id && --_missing == 0)
                {
                    _all.SetResult();
                }
            }
        }

        public void Dispose() => _all.TrySetCanceled();
    }
}
