using Fabric.Client.Feed;
using Fabric.Contracts.Feed;
using Fabric.Core.Keys;
using Fabric.Engine;

namespace Fabric.Client.Tests.Feed;

/// <summary>Keys of tenants that a link is not bound to: a new connection tells nothing of them until it is asked.</summary>
[Trait("Invariant", "R1")]
public sealed class ForeignKeyTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly FeedFixture _fixture = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_was_revoked_while_the_link_was_away_is_gone_before_anything_is_acknowledged(bool asFrame)
    {
        var edge = await BoundAsync();
        if (asFrame)
        {
            // The tenant's first key was asked for; its second comes by itself.
            await LearnAsync(edge, "other1");
            await edge.WhenAppliedAsync(Publish(Foreign("other2")));
        }
        else
        {
            await LearnAsync(edge, "other2");
        }

        Assert.False(edge.View.Keys.Find("other2")!.IsRevoked);

        // Nothing of tenant `other` is asked for over the new connection.
        _fixture.Link.Cut();
        var revision = Publish(Foreign("other2").Revoked());
        await _fixture.AdvanceUntilAsync(() => edge.IsConnected && edge.View.Index.Revision >= revision && _fixture.Hub.Confirmed >= revision);

        Assert.Equal("confirmed", (await _fixture.Hub.WaitAsync(revision, Long)).State);
        Assert.Null(edge.View.Keys.Find("other2"));
        Assert.NotNull(edge.View.Keys.Find("acme1"));
    }

    [Fact]
    public void One_that_came_in_a_snapshot_is_gone_when_another_connection_resumes()
    {
        var (view, own) = (new FeedView(1), FeedFixture.Key("acme1"));
        var applier = new FrameApplier(view);
        view.Connected(5, own.TenantHandle, resumed: false);
        VerificationKey[] keys = [own, Foreign("other1")];
        Apply(FrameType.SnapshotBegin, to => new RevisionFrame(7).Write(to, FrameType.SnapshotBegin));
        Apply(FrameType.SnapshotKeys, to => KeyCodec.WriteFrame(to, keys));
        Apply(FrameType.SnapshotEnd, to => new RevisionFrame(7).Write(to, FrameType.SnapshotEnd));
        Assert.Equal((true, 2), (view.IsReady, view.Keys.Count));

        view.Connected(5, own.TenantHandle, resumed: true);
        Assert.True(view.IsReady);
        Assert.Equal(["acme1"], view.Keys.Snapshot().Select(key => key.Kid));

        void Apply(FrameType type, Action<FrameBuffer> write)
        {
            var frame = new FrameBuffer();
            write(frame);
            Assert.True(applier.TryApply(type, frame.Written.Span[1..]));
        }
    }

    [Fact]
    public async Task One_that_is_asked_for_again_is_told_of_again()
    {
        var edge = await BoundAsync();
        await LearnAsync(edge, "other1");
        _fixture.Link.Cut();
        await _fixture.AdvanceUntilAsync(() => edge.IsConnected && edge.View.Keys.Find("other1") is null);

        Assert.NotNull((await edge.FetchKeyAsync("other1", default)).Value);
        Assert.NotNull(edge.View.Keys.Find("other1"));
        await _fixture.Hub.WaitAsync(Publish(Foreign("other1").Revoked()), Long);
        Assert.True(edge.View.Keys.Find("other1")!.IsRevoked);
    }

    [Fact]
    public async Task Calls_are_looked_through_after_the_forgetting_and_before_anything_is_acknowledged()
    {
        FeedConnection? link = null;
        var lookedAt = new List<(ulong Revision, bool Known)>();
        link = await BoundAsync(revision =>
        {
            lock (lookedAt)
            {
                lookedAt.Add((revision, link?.View.Keys.Find("other1") is not null));
                return 0;
            }
        });
        await LearnAsync(link, "other1");
        var before = link.View.Revision;
        Assert.Contains((before, true), lookedAt);
        lookedAt.Clear();

        _fixture.Link.Cut();
        var revision = Publish(Foreign("other1").Revoked());

        // The lease may have run out before it was back: what is waited for is that it has looked.
        await _fixture.AdvanceUntilAsync(() => HasLooked() && _fixture.Hub.Confirmed >= revision);
        Assert.Equal((before, false), lookedAt[0]);

        bool HasLooked()
        {
            lock (lookedAt)
            {
                return lookedAt.Count > 0;
            }
        }
    }

    [Fact]
    public async Task A_link_that_is_bound_to_no_tenant_keeps_all_keys_and_is_told_of_all()
    {
        Publish(Foreign("other1"));
        var edge = await _fixture.LeasedAsync();
        _fixture.Link.Cut();
        await edge.Waiters.WhenAsync(() => !edge.IsConnected, default);
        await _fixture.AdvanceUntilAsync(() => edge.IsConnected);
        await edge.WhenLeasedAsync();
        Assert.NotNull(edge.View.Keys.Find("other1"));

        await _fixture.Hub.WaitAsync(Publish(Foreign("other1").Revoked()), Long);
        Assert.True(edge.View.Keys.Find("other1")!.IsRevoked);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private static VerificationKey Foreign(string kid) => FeedFixture.Key(kid, "other");

    private Task<FeedConnection> BoundAsync(Func<ulong, int>? applied = null)
    {
        _fixture.Caller = new Caller(Role.EnforcementPoint, "acme", "edges");
        Publish(FeedFixture.Key("acme1"));
        return _fixture.LeasedAsync(applied);
    }

    /// <summary>As the engine does: what a question for the key finds changes before the feed does.</summary>
    private ulong Publish(VerificationKey key)
    {
        _fixture.MoreKeys[key.Kid] = key;
        return _fixture.Hub.AppendKey(key);
    }

    private async Task LearnAsync(FeedConnection edge, string kid)
    {
        await edge.WhenAppliedAsync(Publish(Foreign(kid)));
        Assert.NotNull((await edge.FetchKeyAsync(kid, default)).Value);
    }
}
