using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Core.Issuers;
using Fabric.Engine;
using Fabric.Silo.Federation;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Judges events again that wait for their issuer's keys. Every host looks at all tenants' now and then, so that those which a host has kept that is gone are not forgotten; two that do the same
/// event do it once.
/// </summary>
internal sealed class WaitingEventsLoop(
    IFabricEngine engine, WaitingEvents waiting, SignalIntake intake, KeySets keys, SignalPollLoop polls, TimeProvider time, ILoggerFactory logs) : BackgroundService
{
    /// <summary>How often events are tried that this host knows of.</summary>
    public static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(5);

    /// <summary>How often it is looked at all tenants that have transmitters.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private const int TenantsAtOnce = 16;

    private readonly IFabric _fabric = engine.As(Caller.Fabric);
    private readonly ILogger _log = logs.CreateLogger("Fabric.Silo.Signals");
    private readonly WaitingRound _round = new(waiting, intake, keys, time, logs.CreateLogger("Fabric.Silo.Signals"));
    private volatile bool _areLate;

    /// <summary>The part of the host's health: not well while events have waited for long.</summary>
    public HealthPart Health => _areLate
        ? new HealthPart("signals", false, "events of identity providers wait for the keys of their issuers: they are not in force yet")
        : new HealthPart("signals", true, null);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TryEvery, time);
        var lookedAt = (long?)null;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    if (lookedAt is not { } at || time.GetElapsedTime(at) >= LookEvery)
                    {
                        await FindAsync(stoppingToken);
                        lookedAt = time.GetTimestamp();
                    }
                    await TryAsync(stoppingToken);
                }
#pragma warning disable CA1031 // whatever it was, it is tried again
                catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    _log.WaitingBroke(fault);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; what waits is there at the next start, or at another host.
        }
    }

    private async Task FindAsync(CancellationToken cancellation)
    {
        _round.Keep((tenant, issuer) => engine.IssuersOf(tenant) is { IsOk: true } trusted && trusted.Value.Any(each => each.Id == issuer));
        string? cursor = null;
        do
        {
            var page = await _fabric.ListTenantsAsync(new PageQuery(cursor, 1_000), cancellation);
            if (!page.IsOk)
            {
                return;
            }
            foreach (var tenant in page.Value.Items)
            {
                if (engine.IssuersOf(tenant.Id) is { IsOk: true } trusted && trusted.Value.Any(issuer => issuer.Kind == IssuerKind.Signals))
                {
                    waiting.Know(tenant.Id);
                    polls.Know(tenant.Id);
                }
            }
            cursor = page.Value.Next;
        }
        while (cursor is not null);
    }

    private async Task TryAsync(CancellationToken cancellation)
    {
        var late = 0;

        // INVARIANT R5: a tenant whose issuers are slow holds up a place, and not the others.
        await Parallel.ForEachAsync(waiting.Tenants, new ParallelOptions { MaxDegreeOfParallelism = TenantsAtOnce, CancellationToken = cancellation }, async (tenant, stop) =>
        {
            // First, so that one that comes meanwhile is known again.
            waiting.Forget(tenant);
            var state = await StateAsync(tenant, stop);
            if (state != WaitState.None)
            {
                waiting.Know(tenant);
            }
            if (state == WaitState.Late)
            {
                Interlocked.Increment(ref late);
            }
        });
        _areLate = late > 0;
    }

    private async Task<WaitState> StateAsync(string tenant, CancellationToken cancellation)
    {
        try
        {
            return await TryAsync(tenant, cancellation);
        }
#pragma warning disable CA1031 // whatever it was, it is tried again, and the other tenants' are tried
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            _log.WaitingBroke(fault);
            return WaitState.Waits;
        }
    }

    // An issuer whose keys cannot be had holds up its own events alone.
    private async Task<WaitState> TryAsync(string tenant, CancellationToken cancellation)
    {
        var trusted = engine.IssuersOf(tenant);
        if (!trusted.IsOk)
        {
            return WaitState.Waits;
        }
        var worst = WaitState.None;
        foreach (var issuer in trusted.Value.Where(issuer => issuer.Kind == IssuerKind.Signals))
        {
            var state = await _round.TryAsync(tenant, issuer, cancellation);
            worst = state > worst ? state : worst;
        }
        return worst;
    }
}
