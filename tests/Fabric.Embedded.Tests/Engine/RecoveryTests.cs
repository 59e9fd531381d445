using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Core.Common;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Engine;

namespace Fabric.Embedded.Tests.Engine;

/// <summary>Starts over what has expired since it was written, and keys that came to their limit.</summary>
public sealed class RecoveryTests : IAsyncDisposable
{
    private const int Records = 100;

    private readonly TempFolder _temp = new();
    private readonly MovedTime _time = new();
    private EmbeddedEngine _engine;

    public RecoveryTests() => _engine = Open(_temp.Path);

    private IFabric Admin => _engine.As(new Caller(Role.TenantAdmin, "acme", "ada"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Invariant", "D1")]
    public async Task Two_storms_that_the_index_held_one_after_the_other_are_no_obstacle_to_a_start_after_a_crash(bool checkpoint)
    {
        Ok(await As(Caller.Fabric).CreateTenantAsync(new CreateTenant("acme")));
        await StormAsync("credential");
        if (checkpoint)
        {
            _engine.Checkpointer.Checkpoint();
        }

        _time.Ahead += TimeSpan.FromDays(2);
        _engine.Sweeper.SweepAll();
        Assert.Equal(0, _engine.Index.Count);
        var last = await StormAsync("credential");

        // What is on disk at this moment is what a crash leaves.
        using var crashed = new TempFolder();
        Copy(_temp.Path, crashed.Path);
        await using var again = Open(crashed.Path);
        Assert.Equal((Records * 6 / 10, _engine.Feed.Head), (again.Index.Count, again.Feed.Head));
        Assert.All(last, id => Assert.True(again.Index.TryGet(again.Handles.OfId(Core.Lineages.NodeKind.Credential, again.Handles.OfTenant("acme"), id), out _)));
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task Revocations_of_long_ago_that_a_checkpoint_keeps_are_no_obstacle_to_a_start()
    {
        Ok(await As(Caller.Fabric).CreateTenantAsync(new CreateTenant("acme")));
        for (var storm = 0; storm < 2; storm++)
        {
            _time.Ahead += TimeSpan.FromDays(60);
            _engine.Sweeper.SweepAll();
            await StormAsync("user");
        }

        var head = _engine.Feed.Head;
        await _engine.DisposeAsync();
        _engine = Open(_temp.Path);
        Assert.Equal((Records * 6 / 10, head), (_engine.Index.Count, _engine.Feed.Head));

        // What has expired when an engine starts takes no room from it.
        await _engine.DisposeAsync();
        _time.Ahead += TimeSpan.FromDays(60);
        _engine = Open(_temp.Path);
        Assert.Equal((0, head), (_engine.Index.Count, _engine.Feed.Head));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task What_changed_is_held_in_memory_for_minutes_though_little_happens()
    {
        await _engine.DisposeAsync();
        _engine = Open(_temp.Path, TimeSpan.FromMinutes(5));
        Ok(await As(Caller.Fabric).CreateTenantAsync(new CreateTenant("acme")));
        var (covered, head) = (_engine.Checkpointer.Covered, _engine.Ledger.DurablePoint().Sequence);
        _engine.Checkpointer.CheckpointIfDue();
        Assert.Equal(covered, _engine.Checkpointer.Covered);
        _time.Ahead += TimeSpan.FromMinutes(5);
        _engine.Checkpointer.CheckpointIfDue();
        Assert.True(head > covered);
        Assert.Equal(head, _engine.Checkpointer.Covered);

        // Neither at once again.
        Ok(await As(Caller.Fabric).CreateTenantAsync(new CreateTenant("globex")));
        _engine.Checkpointer.CheckpointIfDue();
        Assert.Equal(head, _engine.Checkpointer.Covered);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task A_share_is_counted_by_the_clock_that_the_index_is_swept_by()
    {
        Ok(await As(Caller.Fabric).CreateTenantAsync(new CreateTenant("acme")));
        Ok(await RevokeAsync(Admin, Ids(20)));
        _time.WallAhead = TimeSpan.FromDays(400);
        Assert.Equal(Codes.LimitReached, (await RevokeAsync(Admin, Ids(1))).Rejection?.Code);
        _time.WallAhead = default;
        Assert.Equal(Codes.LimitReached, (await RevokeAsync(Admin, Ids(1))).Rejection?.Code);
        Assert.Equal(20, _engine.Index.Count);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_stolen_key_is_revoked_also_where_there_is_no_room_for_another_and_nothing_is_issued_until_there_is()
    {
        Ok(await As(Caller.Fabric).CreateTenantAsync(new CreateTenant("acme")));
        Ok(await Admin.CreateAgentAsync("acme", new CreateAgent("bot", "backend", [new("*")])));
        var session = Ok(await Admin.OpenSessionAsync("acme", new OpenSession("bot", "work", [new("*")]))).Id;
        for (var i = 1; i < 2 * Limits.SigningKeysMax; i++)
        {
            Ok(await RevokeKeyAsync());
        }

        var issued = Ok(await Admin.IssueCredentialsAsync(session, new())).Credentials[0].Token;
        Ok(await RevokeKeyAsync());
        Assert.Equal(Codes.TokenKeyRevoked, Ok(await Admin.CheckAsync(new(issued, "mail", "call"))).Code);
        Assert.Empty(Ok(await Admin.GetSigningKeysAsync("acme")).Keys);
        Assert.Equal(Codes.TenantNoKey, (await Admin.IssueCredentialsAsync(session, new())).Rejection?.Code);
        Assert.Equal(Codes.LimitReached, (await Admin.RotateSigningKeyAsync("acme")).Rejection?.Code);

        await _engine.DisposeAsync();
        _engine = Open(_temp.Path);
        Assert.Equal(Codes.TenantNoKey, (await Admin.IssueCredentialsAsync(session, new())).Rejection?.Code);

        // A day later all have passed, for a start too, before anything was swept.
        await _engine.DisposeAsync();
        _time.Ahead += TimeSpan.FromDays(2);
        _engine = Open(_temp.Path);
        Assert.Equal(0, _engine.Keys.Count);
        Assert.Single(Ok(await Admin.RotateSigningKeyAsync("acme")).Keys);
        var next = Ok(await Admin.OpenSessionAsync("acme", new OpenSession("bot", "work", [new("*")]))).Id;
        Ok(await Admin.IssueCredentialsAsync(next, new()));
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _temp.Dispose();
    }

    private async Task<UInt128[]> StormAsync(string kind)
    {
        var ids = Ids(Records * 6 / 10);
        if (kind == "credential")
        {
            Ok(await RevokeAsync(As(Caller.Fabric), ids));
            return ids;
        }

        foreach (var id in ids)
        {
            Ok(await As(Caller.Fabric).RevokeAsync(new RevokeRequest(new NodeDto(kind, "acme", Names.FormatId(id)), Mode: "terminal")));
        }

        return ids;
    }

    private async ValueTask<Outcome<Receipt>> RevokeKeyAsync()
    {
        var kid = Assert.Single(Ok(await Admin.GetSigningKeysAsync("acme")).Keys).Kid;
        return await Admin.RevokeSigningKeyAsync("acme", kid, new EndNode("it leaked"));
    }

    private IFabric As(Caller caller) => _engine.As(caller);

    private static UInt128[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => Names.ParseId(Guid.NewGuid().ToString("n"))!.Value)];

    private static ValueTask<Outcome<Receipt>> RevokeAsync(IFabric fabric, UInt128[] ids) =>
        fabric.RevokeAsync(new RevokeRequest(Tenant: "acme", Credentials: [.. ids.Select(id => Names.FormatId(id))]));

    private static T Ok<T>(Outcome<T> outcome)
    {
        Assert.True(outcome.IsOk, outcome.Rejection?.ToString());
        return outcome.Value;
    }

    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "fabric.lock"))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)), overwrite: true);
        }
    }

    // Checkpoints are made by a test alone: it looks at files that nobody else writes meanwhile.
    private EmbeddedEngine Open(string folder, TimeSpan? checkpointAfter = null) => EmbeddedEngine.Open(
        new EmbeddedOptions { DataFolder = folder, CheckpointAfter = checkpointAfter ?? Timeout.InfiniteTimeSpan, Counts = new CountLimits { Index = new IndexLimits { Records = Records, Tenant = 50, Unknown = 20 } } }, _time);

    // Both clocks, moved ahead at once: years of timer ticks would take as long as a test may.
    private sealed class MovedTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public TimeSpan WallAhead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead + WallAhead;

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Ahead.TotalSeconds * TimestampFrequency);
    }
}
