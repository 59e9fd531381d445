using Fabric.Conformance.Suite;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Grains;
using Fabric.Silo.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Cluster.Tests.InMemory;

/// <summary>Silos that share their process's memory.</summary>
[Collection(SharedMemory.Name)]
public sealed class MemoryClusterTests
{
    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_is_revoked_at_one_silo_is_denied_at_the_other_also_when_the_first_has_ended_without_a_goodbye()
    {
        var memory = new ClusterMemory();
        await using var first = await ClusterFixture.OpenAsync(memory);
        await using var second = await ClusterFixture.OpenAsync(memory);
        var scene = await Scene.MakeAsync(second);
        var (revoked, kept) = (await scene.OpenAsync(), await scene.OpenAsync());
        var (dead, live) = ((await scene.IssueAsync(revoked.Id)).Token, (await scene.IssueAsync(kept.Id)).Token);
        var edge = first.As(new Caller(Role.EnforcementPoint, null, "edge"));
        await first.Parts.Relay.WaitAsync(second.Parts.Relay.Sequence);
        Assert.True(Scene.Ok(await edge.CheckAsync(new(dead, "flights.search", "call"))).Allowed);

        Scene.Ok(await scene.Operator.RevokeAsync(new RevokeRequest(new NodeDto("session", Scene.Tenant, revoked.Id))));
        var upTo = second.Parts.Relay.Sequence;
        await second.CrashAsync();
        await first.Parts.Relay.WaitAsync(upTo);
        Assert.False(Scene.Ok(await edge.CheckAsync(new(dead, "flights.search", "call"))).Allowed);

        // What was on the other goes on here; a receipt waits for what the other had lent.
        var root = first.As(new Caller(Role.Operator, null, "root"));
        await UntilAsync(async () => (await root.IssueCredentialsAsync(kept.Id, new IssueCredentials())).IsOk);
        var receipt = Scene.Ok(await root.RevokeAsync(new RevokeRequest(new NodeDto("session", Scene.Tenant, kept.Id), Wait: "confirmed", TimeoutMs: 30_000)));
        Assert.Equal("confirmed", receipt.State);
        Assert.False(Scene.Ok(await edge.CheckAsync(new(live, "flights.search", "call"))).Allowed);
    }

    [Fact]
    public async Task A_silo_that_opens_the_same_memory_goes_on_where_the_last_one_ended()
    {
        var memory = new ClusterMemory();
        string dead, live, spent, session;
        await using (var engine = await ClusterFixture.OpenAsync(memory))
        {
            var scene = await Scene.MakeAsync(engine);
            dead = (await scene.IssueAsync((await scene.OpenAsync()).Id)).Token;
            Scene.Ok(await scene.Operator.RevokeAsync(new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User), Mode: "generation")));
            session = (await scene.OpenAsync()).Id;
            live = (await scene.IssueAsync(session)).Token;
            spent = (await scene.IssueAsync((await scene.OpenAsync(scopes: [new("flights.search", "call", "*", MaxCalls: 2)])).Id)).Token;
            await scene.AllowedAsync(spent);
            await scene.AllowedAsync(spent);
            await scene.DeniedAsync(Codes.QuotaExhausted, spent);
            await engine.CrashAsync();
        }

        await using var next = await ClusterFixture.OpenAsync(memory);
        var edge = next.As(new Caller(Role.EnforcementPoint, null, "edge"));
        Assert.False(Scene.Ok(await edge.CheckAsync(new(dead, "flights.search", "call"))).Allowed);
        Assert.True(Scene.Ok(await edge.CheckAsync(new(live, "flights.search", "call"))).Allowed);
        Assert.Equal(Codes.QuotaExhausted, Scene.Ok(await edge.CheckAsync(new(spent, "flights.search", "call"))).Code);
        var root = next.As(new Caller(Role.Operator, null, "root"));
        Assert.Equal(1, Scene.Ok(await root.GetSessionAsync(session)).CredentialsIssued);
        Scene.Ok(await root.IssueCredentialsAsync(session, new IssueCredentials()));
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task Memory_is_never_what_is_left_when_a_setting_is_missing()
    {
        var options = ClusterFixture.Options("");
        await Assert.ThrowsAsync<ArgumentException>(() => ClusterEngine.OpenAsync(options, NullLoggerFactory.Instance));
        await Assert.ThrowsAsync<ArgumentException>(
            () => ClusterEngine.OpenAsync(options with { ConnectionString = "Host=127.0.0.1", Memory = new ClusterMemory() }, NullLoggerFactory.Instance));

        // No setting names it.
        var key = Convert.ToBase64String(ClusterFixture.MasterKey.Span);
        foreach (var name in new[] { "Cluster:Memory", "Cluster:InMemory", "Memory" })
        {
            Assert.Contains(FaultsOf(("Engine", "orleans"), ("MasterKey", key), ("Cluster:ConnectionString", "Host=127.0.0.1"), (name, "true")), fault => fault.Contains($"`Fabric:{name}`", StringComparison.Ordinal));
        }

        Assert.Contains(FaultsOf(("Engine", "orleans"), ("MasterKey", key)), fault => fault.Contains("`Fabric:Cluster:ConnectionString`", StringComparison.Ordinal));
        Assert.Empty(FaultsOf(("Engine", "orleans"), ("MasterKey", key), ("Cluster:ConnectionString", "Host=127.0.0.1")));
    }

    [Fact]
    public async Task Silos_over_memory_say_that_nothing_is_durable()
    {
        var (logs, memory) = (new Lines(), new ClusterMemory());
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(logs));
        await using var engine = await ClusterEngine.OpenAsync(ClusterFixture.Options("") with { Memory = memory }, factory);
        Assert.Contains(logs.Critical, line => line.StartsWith("NOTHING IS DURABLE", StringComparison.Ordinal));
        Assert.Null(engine.Queries);
        Assert.Same(memory, engine.Memory);
    }

    private static IReadOnlyList<string> FaultsOf(params (string Name, string Value)[] settings) => SiloOptionsReader.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(item => KeyValuePair.Create<string, string?>($"Fabric:{item.Name}", item.Value))).Build()).Faults;

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await holds())
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        internal System.Collections.Concurrent.ConcurrentQueue<string> Critical { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Critical;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Critical.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
