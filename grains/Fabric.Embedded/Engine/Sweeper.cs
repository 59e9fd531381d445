using System.Diagnostics;
using Fabric.Core.Common;
using Fabric.Core.Journal;
using Fabric.Core.Sessions;

namespace Fabric.Embedded.Engine;

/// <summary>
/// Walks the tables behind the hot path: ends sessions whose time ran out or whose lineage died, lets ended ones leave memory, drops index
/// records (R4), locks, quotas and requests that can matter no more. A piece at a time under the lock, so that nobody waits for it.
/// </summary>
internal sealed class Sweeper(EmbeddedEngine engine) : IAsyncDisposable
{
    // What one piece takes of the lock: a tenth of a millisecond, about.
    private const int SlotsAtOnce = 256;
    private const int EndsAtOnce = 32;
    private const int IndexSlotsAtOnce = 20_000;

    // Sweeping is book-keeping: everything that it ends is denied already. So it rests four times as long as it works, and what somebody waits for
    // (a receipt, a check, the next revocation) finds lock, processors and journal free.
    private const int RestShare = 4;

    // The rest is looked through once a minute: locks, quotas and keys go unnoticed for longer than that without harm.
    private const int TicksBetweenRests = 60;

    // Without a revocation, every session is looked at twice a minute.
    private const int TicksToSeeAll = 30;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RestMin = TimeSpan.FromMilliseconds(1);

    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<SessionEnded> _ends = [];
    private readonly List<UInt128> _forget = [];
    private ITimer? _timer;
    private Task _loop = Task.CompletedTask;
    private int _slot;
    private int _ticks;
    private long _slotsDue;
    private volatile bool _revoked;
    private volatile bool _ticked;

    internal void Start()
    {
        _timer = engine.Time.CreateTimer(_ => Tick(), null, Interval, Interval);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Says that a node was revoked: its sessions are looked for soon, a piece at a time.</summary>
    internal void Wake()
    {
        _revoked = true;
        Release();
    }

    /// <summary>Looks at every session once, and at the rest. Returns when done; for tests and the loop.</summary>
    internal void SweepAll()
    {
        _slot = 0;
        do
        {
            SweepSome();
        }
        while (_slot != 0);

        engine.SweepIndex(1 << 24);
        SweepRest();
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
        {
            await _timer.DisposeAsync().ConfigureAwait(false);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
        _wake.Dispose();
    }

    private void Tick()
    {
        _ticked = true;
        Release();
    }

    private void Release()
    {
        try
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
        catch (Exception error) when (error is SemaphoreFullException or ObjectDisposedException)
        {
            // Somebody else has woken it, or it has ended.
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            try
            {
                await _wake.WaitAsync(_stop.Token).ConfigureAwait(false);
                await SweepDueAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error)
            {
                // A sweep that fails is tried again a second later: everything that it does can be done late.
                EngineLog.SweepFailed(engine.Logger, error);
            }
        }
    }

    private async Task SweepDueAsync()
    {
        var rest = RestMin;
        do
        {
            // Before the first piece too: the revocation that woke this goes out and is acknowledged first.
            await Task.Delay(rest, TimeProvider.System, _stop.Token).ConfigureAwait(false);
            if (_ticked)
            {
                _ticked = false;
                _slotsDue = Math.Max(_slotsDue, engine.SlotCount / TicksToSeeAll);
                await SweepBesidesAsync().ConfigureAwait(false);
            }

            if (_revoked)
            {
                _revoked = false;
                _slotsDue = engine.SlotCount;
            }

            var startedAt = Stopwatch.GetTimestamp();
            _slotsDue -= SweepSome();
            var took = Stopwatch.GetElapsedTime(startedAt);
            rest = took * RestShare > RestMin ? took * RestShare : RestMin;
        }
        while (_slotsDue > 0);
    }

    private async Task SweepBesidesAsync()
    {
        engine.SweepIndex(IndexSlotsAtOnce);
        engine.TakeOwnUsage();
        engine.FeedAuditAgain();
        await engine.Checker.ReturnIdleAsync(all: false).ConfigureAwait(false);
        if (_ticks++ % TicksBetweenRests == 0)
        {
            SweepRest();
        }

        engine.Checkpointer.CheckpointIfDue();
    }

    // Answers how many slots it looked at; never 0, so that whoever counts them comes to an end.
    private int SweepSome()
    {
        _ends.Clear();
        _forget.Clear();
        int looked;
        var ledger = engine.Ledger;
        lock (ledger.Gate)
        {
            var now = engine.Now;
            var sessions = ledger.World.Sessions;
            var from = _slot;
            var end = Math.Min(from + SlotsAtOnce, sessions.SlotCount);
            for (; _slot < end && _ends.Count < EndsAtOnce; _slot++)
            {
                if (sessions.At(_slot) is { } session)
                {
                    Look(session, now);
                }
            }

            looked = Math.Max(1, _slot - from);
            if (_slot >= sessions.SlotCount)
            {
                _slot = 0;
            }

            foreach (var id in _forget)
            {
                ledger.World.Forget(id);
            }

            if (_ends.Count > 0 && ledger.Refusal is null)
            {
                ledger.Emit_NeedsLock(Fabric.Engine.Caller.Fabric.Name, now, _ends.ToArray<FabricEvent>());
            }
        }

        return looked;
    }

    private void Look(SessionState session, Instant now)
    {
        if (!session.IsLive)
        {
            if (session.ExpiresAt + engine.Options.EndedSessionRetention < now)
            {
                _forget.Add(session.Id);
            }
        }
        else if (session.ExpiresAt <= now)
        {
            _ends.Add(new SessionEnded(
                session.Id, session.Tenant, SessionStatus.Expired, session.Status == SessionStatus.Requested ? "approval ran out" : "expired"));
        }
        else if (session.CheckLineage(engine.Index, now) is { Dead: true, Locked: false } verdict)
        {
            _ends.Add(new SessionEnded(session.Id, session.Tenant, SessionStatus.Revoked, verdict.DenialCode!));
        }
    }

    private void SweepRest()
    {
        var ledger = engine.Ledger;
        lock (ledger.Gate)
        {
            var now = engine.SweepMoment;
            var world = ledger.World;
            world.Requests.Sweep(now);
            foreach (var handle in world.Locks.Values.Where(item => item.Until + Limits.ClockSkew < now).Select(item => item.Handle).ToList())
            {
                world.DropLock(handle);
            }

            foreach (var id in world.Quotas.Values.Where(item => item.DropAfter < now).Select(item => item.Quota.Id).Take(1_000).ToList())
            {
                world.Quotas.Remove(id);
                world.Dirty.Quotas.Add(id);
            }

            world.DropKeys(engine.Keys, now);
        }
    }
}
