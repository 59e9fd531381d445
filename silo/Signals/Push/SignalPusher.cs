using System.Collections.Concurrent;
using Fabric.Contracts.Changes;
using Fabric.Engine;
using Fabric.Silo.Hosting;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Signals.Push;

/// <summary>
/// Pushes the streams whose receivers want them pushed (RFC 8935). In a cluster each stream is claimed by one silo, in the database, and by another once that one has died. A stream has a worker
/// of its own: who answers slowly holds up its own events.
/// </summary>
internal sealed class SignalPusher : BackgroundService
{
    /// <summary>How often it is looked for streams that nobody pushes and for changes of those that this host does.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private const int ClaimsAtOnce = 100;

    // INVARIANT B1: streams that this host pushes. Past it they wait for another, or for one of these to end.
    private const int WorkersMax = 10_000;

    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, PushWorker> _workers = new(StringComparer.Ordinal);

    // Held while claims are taken, and while one is given back with its worker: who ends is none that a claim is for.
    private readonly SemaphoreSlim _claiming = new(1);
    private readonly string _holder = Guid.NewGuid().ToString("n");
    private readonly PushParts _parts;
    private readonly Wake _look;
    private Task? _watch;

    public SignalPusher(ISignalStore store, IFabricEngine engine, Issuers issuers, SiloOptions options, TimeProvider time, ILoggerFactory logs)
        : this(store, engine, issuers, new PushSender(options.Outbound, new PushEndpoints(engine.HostSecrets, options.Outbound), time), options.Outbound.TimeoutSeconds, time, logs)
    {
    }

    internal SignalPusher(ISignalStore store, IFabricEngine engine, Issuers issuers, PushSender sender, int timeoutSeconds, TimeProvider time, ILoggerFactory logs)
    {
        var (fabric, sends) = (engine.As(Caller.Fabric), TimeSpan.FromSeconds(timeoutSeconds) + Margin);
        _look = new Wake(time);
        _parts = new PushParts(
            store, new SignalGather(new SignalToken(engine, time, issuers)), sender, new ReceiverKeys(engine, time), fabric, time, logs.CreateLogger("Fabric.Silo.Signals"),
            sends + PushWorker.LookEvery + PushWorker.LookEvery, sends);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _parts.Sender.Dispose();
        _claiming.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ClaimAsync(stoppingToken);
                await _look.WaitAsync(LookEvery, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // whatever it was, it is looked again
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _parts.Log.LookBroke(fault);
                await PauseAsync(stoppingToken);
            }
        }
        await Task.WhenAll([.. _workers.Values.Select(worker => worker.Running), _watch ?? Task.CompletedTask]);
    }

    private async Task ClaimAsync(CancellationToken cancellation)
    {
        await _claiming.WaitAsync(cancellation);
        try
        {
            await ClaimAloneAsync(cancellation);
        }
        finally
        {
            _claiming.Release();
        }
    }

    private async Task ClaimAloneAsync(CancellationToken cancellation)
    {
        var most = Math.Min(ClaimsAtOnce, WorkersMax - _workers.Count);
        var streams = await _parts.Store.ClaimAsync(_holder, _parts.Lease, most, cancellation);
        if (streams.Count == 0 && _workers.IsEmpty)
        {
            return;
        }

        // Before the first worker looks: a receiver is known to have a key, or nothing goes out.
        await LookForKeysAsync(streams, cancellation);
        _watch ??= Task.Run(() => WatchAsync(cancellation), CancellationToken.None);
        foreach (var stream in streams)
        {
            if (_workers.TryGetValue(stream.Id, out var known))
            {
                known.Changed();
                continue;
            }
            var worker = new PushWorker(stream, _holder, _parts);
            _workers[stream.Id] = worker;
            worker.Running = Task.Run(() => RunAsync(stream, worker, cancellation), CancellationToken.None);
        }
        if (streams.Count == most && most > 0)
        {
            _look.Call();
        }
    }

    // Should it fail, workers begin all the same: nothing is claimed that nobody works on. Nothing goes out before a look succeeds; the next one is in a moment.
    private async Task LookForKeysAsync(IReadOnlyList<SignalStream> streams, CancellationToken cancellation)
    {
        try
        {
            if (await _parts.Receivers.LookAsync(streams.Any(stream => !_parts.Receivers.HasKey(stream.Receiver)), cancellation))
            {
                WakeAll();
            }
        }
#pragma warning disable CA1031 // whatever it was, it is looked again
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            _parts.Log.LookBroke(fault);
        }
    }

    private async Task RunAsync(SignalStream stream, PushWorker worker, CancellationToken cancellation)
    {
        try
        {
            await worker.RunAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The host stops; another goes on, or the next start does.
        }
#pragma warning disable CA1031 // one stream's trouble is no other's
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _parts.Log.PushBroke(stream.Id, fault);
        }
        await _claiming.WaitAsync(CancellationToken.None);
        try
        {
            _workers.TryRemove(stream.Id, out _);
            await _parts.Store.ReleaseAsync(stream, _holder, CancellationToken.None);
        }
#pragma warning disable CA1031 // the claim runs out by itself
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _parts.Log.PushBroke(stream.Id, fault);
        }
        finally
        {
            _claiming.Release();
        }
    }

    // One watch for all streams: a worker looks for itself what there is for it.
    private async Task WatchAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in _parts.Fabric.WatchChangesAsync(new ChangeQuery(null, null, null, SignalEvents.Kinds), cancellation))
                {
                    if (!change.IsOk)
                    {
                        break;
                    }
                    foreach (var worker in _workers.Values.Where(worker => worker.Tenant == change.Value.Node.Tenant))
                    {
                        worker.Happened();
                    }
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // whatever it was, workers look by themselves after a while, and it is watched again
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _parts.Log.LookBroke(fault);
            }
            await PauseAsync(cancellation);
            WakeAll();
        }
    }

    private void WakeAll()
    {
        foreach (var worker in _workers.Values)
        {
            worker.Happened();
        }
    }

    private async Task PauseAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(LookEvery, _parts.Time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }
}
