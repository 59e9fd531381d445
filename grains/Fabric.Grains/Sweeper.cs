using Fabric.Core.Common;
using Fabric.Grains.Feed;
using Fabric.Grains.Sessions;
using Microsoft.Extensions.Logging;

namespace Fabric.Grains;

/// <summary>
/// Does what nobody waits for: ends sessions whose time ran out or whose lineage died, drops index records and keys that can matter no more, has the store trimmed. Every
/// silo has one; what is of the whole cluster, the one does whose turn it is.
/// </summary>
internal sealed class Sweeper(ClusterEngine engine) : IAsyncDisposable
{
    private const int SessionsAtOnce = 500;
    private const int SettlesAtOnce = 32;
    private const int IndexSlotsAtOnce = 20_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _logger = engine.Logs.CreateLogger("Fabric.Grains.Sweeper");
    private Task _loop = Task.CompletedTask;
    private UInt128 _after;

    private ClusterParts Parts => engine.Parts;

    internal void Start() => _loop = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            try
            {
                await Task.Delay(Interval, Parts.Time, _stop.Token).ConfigureAwait(false);
                SweepSilo();
                await engine.TakeOwnUsageAsync().ConfigureAwait(false);
                await engine.Checker.ReturnIdleAsync(all: false).ConfigureAwait(false);
                if (Parts.Relay.HoldsLease)
                {
                    await SweepClusterAsync().ConfigureAwait(false);
                }
                else
                {
                    Parts.Meter?.LeaseMissed();
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // everything that it does can be done late
            catch (Exception error)
#pragma warning restore CA1031
            {
                FeedLogLog.SweepFailed(_logger, error);
            }
        }
    }

    private void SweepSilo()
    {
        var now = Parts.SweepMoment;
        Parts.Relay.Sweep(now, IndexSlotsAtOnce);
        lock (Parts.Directory.Gate)
        {
            foreach (var tenant in Parts.Directory.Tenants.Values)
            {
                tenant.Keys.RemoveAll(key => key.DropAfter < now && Parts.Relay.Keys.Remove(key.Key.Kid));
            }

            foreach (var handle in Parts.Directory.Locks.Values.Where(item => item.Until + Limits.ClockSkew < now).Select(item => item.Handle).ToList())
            {
                Parts.Directory.Locks.Remove(handle);
            }
        }
    }

    private async Task SweepClusterAsync()
    {
        if (await Parts.Store.Upkeep.TryTurnAsync(_stop.Token).ConfigureAwait(false) is not { } turn)
        {
            return;
        }

        await using (turn)
        {
            // INVARIANT R4: what is dropped here is gone for all silos, so no silo's clock alone decides.
            var now = Instant.Min(Parts.SweepMoment, turn.Now);
            await Task.WhenAll(EndSessionsAsync(now), Parts.Store.Upkeep.TrimAsync(now, Parts.Options, _stop.Token)).ConfigureAwait(false);
        }
    }

    private async Task EndSessionsAsync(Instant now)
    {
        var due = await engine.Reads.ExpiredSessionsAsync(now, SessionsAtOnce).ConfigureAwait(false);
        var looked = await engine.Reads.LiveSessionsAsync(_after, SessionsAtOnce).ConfigureAwait(false);
        _after = looked.Count < SessionsAtOnce ? UInt128.Zero : looked[^1].State.Id;
        due.AddRange(looked.Where(row => row.State.CheckLineage(Parts.Relay.Index, now) is { Dead: true, Locked: false }));

        // Some at a time: what they append shares commits.
        await Parallel.ForEachAsync(
            due.Select(row => row.State.Id).Distinct(), new ParallelOptions { MaxDegreeOfParallelism = SettlesAtOnce, CancellationToken = _stop.Token },
            async (id, _) => await engine.Grains.GetGrain<ISessionGrain>(Names.FormatId(id)).SettleAsync().ConfigureAwait(false)).ConfigureAwait(false);
    }
}
