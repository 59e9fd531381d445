using System.Runtime.InteropServices;
using Fabric.Grains.Wire;
using Microsoft.Extensions.Logging;

namespace Fabric.Grains.Feed;

/// <summary>Follows the feed log for this silo, as long as it runs: rows in, lease and floors out. A grain service: Orleans runs one a silo.</summary>
internal sealed class RelayService : GrainService, IRelayService
{
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(8);

    private readonly ClusterParts _parts;
    private readonly IGrainFactory _grains;
    private readonly RelayPeers _peers;
    private readonly SiloAddress _self;
    private readonly ILogger _logger;
    private readonly UInt128 _instance = RandomId.Next();
    private readonly CancellationTokenSource _stop;
    private readonly SemaphoreSlim _moved = new(0, 1);
    private ulong _renewal;
    private Task _following = Task.CompletedTask;
    private Task _reporting = Task.CompletedTask;
    private Task _reaching = Task.CompletedTask;

    public RelayService(GrainId id, Silo silo, ILoggerFactory logs, ClusterParts parts, RelayPeers peers, IGrainFactory grains)
        : base(id, silo, logs)
    {
        (_parts, _grains, _logger) = (parts, grains, logs.CreateLogger("Fabric.Grains.Relay"));
        (_peers, _self) = (peers, silo.SiloAddress);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(parts.Crashed.Token);
        parts.ClosedMoved = Moved;
    }

    private IFeedLogGrain Log => _grains.GetGrain<IFeedLogGrain>(Storage.LogTables.Partition);

    /// <summary>Why a silo does not go on that has applied more than there is.</summary>
    internal static string WentBack(long applied, long head) =>
        $"this silo has applied {applied} commands and the database has {head}: commits were lost (a restore, or a replica that was behind). See docs/CLUSTER.md, Backup and restore";

    public override async Task Start()
    {
        await base.Start();
        _following = Task.Run(FollowAsync);
        _reporting = Task.Run(ReportAsync);
        _reaching = Task.Run(ReachAsync);
    }

    public Task DenyAsync(byte[] records)
    {
        FeedOps.Read(records, some => _parts.Relay.Deny(CollectionsMarshal.AsSpan(some)), _ => { });
        return Task.CompletedTask;
    }

    public Task<bool> HoldsLeaseAsync() => Task.FromResult(_parts.Relay.HoldsLease);

    public async Task<EdgeLists> EdgesAsync(ulong revision, int waitMs)
    {
        var hub = _parts.Relay.Hub;
        var status = waitMs > 0 ? await hub.WaitAsync(revision, TimeSpan.FromMilliseconds(waitMs)) : hub.Status(revision);
        return new EdgeLists(
            [.. status.Acknowledged], [.. status.RanOut],
            [.. status.Waiting.Select(edge => new WaitingSilo(edge.Edge, edge.AcknowledgedRevision, edge.RunsOutInMs))],
            [.. status.InFlight.Select(edge => edge.Edge)], [.. status.InFlight.Select(edge => edge.Calls)]);
    }

    public override async Task Stop()
    {
        if (_parts.Crashed.IsCancellationRequested)
        {
            // Nothing is handed back: the others wait, as for one that was killed.
            return;
        }

        // Leases come back first: then the feed log need not wait for this silo.
        var drained = await _parts.Relay.StopAsync(DrainPatience);
        await _stop.CancelAsync();
        await Task.WhenAll(_following, _reporting, _reaching);
        if (drained)
        {
            try
            {
                await Log.LeaveAsync(_instance).WaitAsync(RelayTerms.CallPatience);
            }
#pragma warning disable CA1031 // then the feed log waits until the lease has run out
            catch (Exception error)
#pragma warning restore CA1031
            {
                FeedLogLog.FollowFailed(_logger, error);
            }
        }

        await base.Stop();
    }

    private void Moved()
    {
        try
        {
            if (_moved.CurrentCount == 0)
            {
                _moved.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Somebody else said so.
        }
    }

    private async Task FollowAsync()
    {
        var relay = _parts.Relay;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var (number, after) = (++_renewal, relay.Sequence);
                relay.Renewing(number);
                var answer = await Log.FollowAsync(new FollowRequest(
                    _instance, _parts.SiloName, number, after, relay.Report, (int)RelayTerms.FollowWait.TotalMilliseconds)).WaitAsync(RelayTerms.CallPatience, _stop.Token);
                if (answer.HeadSequence < after)
                {
                    throw new Core.Journal.InvalidRecordException(WentBack(after, answer.HeadSequence));
                }

                if (answer.Rows is null || !relay.Apply(answer.Rows, after, answer.HeadSequence))
                {
                    await relay.CatchUpAsync(answer.HeadSequence, _stop.Token);
                }

                relay.Renewed(answer.Granted, answer.LatestExpiryMs);
                _parts.Following = true;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Core.Journal.InvalidRecordException error)
            {
                // The order cannot be followed: without a lease nothing is allowed here, and another silo serves.
                FeedLogLog.FollowBroken(_logger, error);
                _parts.Following = false;
                _parts.Broken = error.Message;
                await relay.StopAsync(TimeSpan.Zero);
                return;
            }
#pragma warning disable CA1031 // a silo went away, the grain is moving, the database is away: the next call tells
            catch (Exception error)
#pragma warning restore CA1031
            {
                FeedLogLog.FollowFailed(_logger, error);
                await Pause();
            }
        }
    }

    private async Task ReportAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _moved.WaitAsync(_stop.Token);
                await Log.ReportAsync(_instance, _parts.Relay.Report).WaitAsync(RelayTerms.CallPatience, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // the next renewal reports as well
            catch (Exception)
#pragma warning restore CA1031
            {
                await Pause();
            }
        }
    }

    // A silo that is cut off from some of the others stands in their way: they go on without it.
    private async Task ReachAsync()
    {
        var reach = new SiloReach();
        using var rounds = new PeriodicTimer(RelayTerms.ReachEvery);
        try
        {
            while (await rounds.WaitForNextTickAsync(_stop.Token))
            {
                var peers = await _peers.AskAllAsync();
                if (reach.Round(peers, _self, _parts.Relay.HoldsLease, _parts.OwnsFeed) is { } why)
                {
                    FeedLogLog.Leaving(_logger, why);
                    _parts.Leave();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private async Task Pause()
    {
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }
}
