using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Engine;

namespace Fabric.Silo.Signals.Intake;

/// <summary>
/// Judges events again that wait for their issuer's keys. Every host looks at all tenants' now and then, so that those which a host has kept that is gone are not forgotten; two that do the same
/// event do it once.
/// </summary>
internal sealed class WaitingEventsLoop(IFabricEngine engine, WaitingEvents waiting, SignalIntake intake, SignalPollLoop polls, TimeProvider time, ILoggerFactory logs) : BackgroundService
{
    /// <summary>How often events are tried that this host knows of.</summary>
    public static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(5);

    /// <summary>How often it is looked at all tenants that have transmitters.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long an event may wait before it is an alarm: a key that is not known is asked for again within that time, so that who makes tokens up raises none.
    /// </summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(1);

    private const int TenantsAtOnce = 16;

    private readonly IFabric _fabric = engine.As(Caller.Fabric);
    private readonly ILogger _log = logs.CreateLogger("Fabric.Silo.Signals");
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
            if (await OldestAsync(tenant, stop) is { } since)
            {
                waiting.Know(tenant);
                if (Instant.From(time.GetUtcNow()) - since >= LateAfter)
                {
                    Interlocked.Increment(ref late);
                }
            }
        });
        _areLate = late > 0;
    }

    private async Task<Instant?> OldestAsync(string tenant, CancellationToken cancellation)
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
            return Instant.From(time.GetUtcNow());
        }
    }

    // Since when the oldest waits on; null: none does. An issuer whose keys cannot be had holds up its own events alone.
    private async Task<Instant?> TryAsync(string tenant, CancellationToken cancellation)
    {
        var (now, oldest) = (Instant.From(time.GetUtcNow()), (Instant?)null);
        var trusted = engine.IssuersOf(tenant);
        if (!trusted.IsOk)
        {
            return now;
        }
        foreach (var issuer in trusted.Value.Where(issuer => issuer.Kind == IssuerKind.Signals))
        {
            // All of them: made-up ones with keys that nobody has stand in nobody's way, and cost no request before their issuer may be asked again.
            var events = await waiting.ListAsync(tenant, issuer.Id, WaitingEvents.OfIssuerMax, cancellation);
            if (!events.IsOk)
            {
                return now;
            }
            foreach (var each in events.Value)
            {
                if (!await TryAsync(tenant, each, cancellation))
                {
                    oldest = oldest is { } known ? Instant.Min(known, each.Since) : each.Since;
                }
            }
        }
        return oldest;
    }

    // True: it is done with.
    private async Task<bool> TryAsync(string tenant, WaitingEvents.Waiting each, CancellationToken cancellation)
    {
        var refused = await intake.TakeWaitingAsync(tenant, each.Token, cancellation);
        if (refused is not null && !EventRefusals.AreFinal(refused.Code))
        {
            if (Instant.From(time.GetUtcNow()) - each.Since < WaitingEvents.KeptFor)
            {
                return false;
            }
            _log.EventGivenUp(each.Note.Owner, tenant);
        }
        else if (refused is not null)
        {
            _log.EventWasNone(each.Note.Owner, tenant, refused.Code);
        }
        await waiting.RemoveAsync(each, cancellation);
        return true;
    }
}
