using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Tenants;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Engine;

namespace Fabric.Embedded.Tests.Engine;

public sealed class LedgerTests
{
    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_record_that_is_on_disk_before_its_events_are_applied_is_not_in_a_checkpoint()
    {
        using var temp = new TempFolder();
        var time = new HookedTime();
        await using var engine = EmbeddedEngine.Open(new EmbeddedOptions { DataFolder = temp.Path }, time);
        var fabric = engine.As(Caller.Fabric);
        Assert.True((await fabric.CreateTenantAsync(new CreateTenant("acme"))).IsOk);

        var (head, before, records) = (engine.Feed.Head, engine.Ledger.DurablePoint(), engine.Stats.Journal.Records);
        (ulong Sequence, ulong Revision)? inside = null;
        time.HookThisThread(() =>
        {
            if (engine.Feed.Head == head)
            {
                return false;
            }

            // In the middle of the command: its index record is in the feed, and the journal is quick.
            Assert.True(SpinWait.SpinUntil(() => engine.Stats.Journal.Records > records, TimeSpan.FromSeconds(30)));
            inside = engine.Ledger.DurablePoint();
            return true;
        });
        var receipt = await fabric.RevokeAsync(new RevokeRequest(new NodeDto("agent", "acme", "bot"), Mode: "terminal"));

        Assert.Equal(before, inside);
        Assert.Equal((before.Sequence + 1, receipt.Value.Revision), engine.Ledger.DurablePoint());
    }

    [Fact]
    [Trait("Invariant", "R4")]
    public async Task A_wall_clock_that_jumps_ahead_and_back_drops_no_revocation()
    {
        using var temp = new TempFolder();
        var time = new HookedTime();
        await using var engine = EmbeddedEngine.Open(new EmbeddedOptions { DataFolder = temp.Path }, time);
        var fabric = engine.As(Caller.Fabric);
        Assert.True((await fabric.CreateTenantAsync(new CreateTenant("acme"))).IsOk);
        var credential = new string('a', 32);
        Assert.True((await fabric.RevokeAsync(new RevokeRequest(Tenant: "acme", Credentials: [credential]))).IsOk);

        time.Ahead = TimeSpan.FromDays(400);
        engine.Sweeper.SweepAll();
        Assert.Equal(1, engine.Index.Count);
    }

    private sealed class HookedTime : TimeProvider
    {
        private Func<bool>? _hook;
        private int _thread;

        public TimeSpan Ahead { get; set; }

        public void HookThisThread(Func<bool> hook) => (_thread, _hook) = (Environment.CurrentManagedThreadId, hook);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

        public override long GetTimestamp()
        {
            if (_hook is { } hook && Environment.CurrentManagedThreadId == _thread)
            {
                _hook = null;
                _hook = hook() ? null : hook;
            }

            return base.GetTimestamp();
        }
    }
}
