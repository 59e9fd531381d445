using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Tenants;
using Fabric.Embedded.Engine;
using Fabric.Embedded.Storage.Audit;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Engine.Feed;

namespace Fabric.Embedded.Tests.Engine;

/// <summary>What the tables cannot take is refused before it is in the journal: there it would make every start to come fail.</summary>
public sealed class FullTests : IAsyncDisposable
{
    private static readonly Instant Now = new(1_790_000_000_000);

    private readonly TempFolder _temp = new();
    private readonly OpenJournal _open;
    private readonly RevocationIndex _index = new(1, recordsMax: 3);
    private readonly FeedHub _feed;
    private readonly AuditTrail _audit;
    private readonly Ledger _ledger;

    public FullTests()
    {
        _open = new OpenJournal(_temp.Path);
        _feed = new FeedHub(_index, new KeyRing(1), new FeedStart(1));
        _feed.Open(null);
        _audit = new AuditTrail(AuditStore.Open(_open.Folder.AuditFile, new AuditStoreOptions { FabricId = _open.Journal.FabricId }, TimeProvider.System));
        _ledger = new Ledger(_open.Journal, new World(new HandleSpace(new byte[HandleSpace.SaltSize])), _index, _feed, new ChangeLog(), _audit);
        _ledger.StartAt(0, 0, default);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public void A_key_for_which_the_ring_has_no_room_does_not_reach_the_journal()
    {
        Assert.True(Emit(Tenant("acme"), Key("acme", "k1")).IsOk);
        AssertRefused(Tenant("globex"), Key("globex", "k2"));
        Assert.Null(_ledger.World.Tenant("globex"));
        Assert.True(Emit(new SigningKeyRevoked("acme", "k1", "stolen", Now)).IsOk);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public void A_transaction_with_more_records_than_the_index_has_room_for_does_not_reach_the_journal()
    {
        Assert.True(Emit(Tenant("acme"), Key("acme", "k1"), Revoked("a")).IsOk);
        AssertRefused(Revoked("b"), Revoked("c"), Revoked("d"));
        AssertRefused(new CredentialsRevoked("acme", [1, 2, 3], Instant.Never, "leak", 0));
        Assert.True(Emit(Revoked("b"), Revoked("c")).IsOk);
        Assert.Equal(3, _index.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await _feed.DisposeAsync();
        _audit.Store.Dispose();
        _open.Dispose();
        _temp.Dispose();
    }

    private void AssertRefused(params FabricEvent[] events)
    {
        var (journal, feed, index) = (_open.Journal.HeadSequence, _feed.Head, _index.Count);
        Assert.Equal(Codes.LimitReached, Emit(events).Rejection?.Code);
        Assert.Equal((journal, feed, index), (_open.Journal.HeadSequence, _feed.Head, _index.Count));
    }

    private Outcome<Committed> Emit(params FabricEvent[] events)
    {
        lock (_ledger.Gate)
        {
            return _ledger.Emit_NeedsLock("operator:root", Now, events);
        }
    }

    private NodeRevoked Revoked(string agent) => new(
        new NodeRef(NodeKind.Agent, "acme", agent), _ledger.World.Handles.OfAgent("acme", agent), IndexRecord.Terminal, Instant.Never, "revoked", "gone", 0);

    private static TenantCreated Tenant(string id) => new(id, id, TenantLimits.Default, false);

    private static SigningKeyAdded Key(string tenant, string kid) => new(tenant, kid, new byte[32], new byte[32], new byte[1]);
}
