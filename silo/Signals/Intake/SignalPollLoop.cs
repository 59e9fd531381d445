using System.Collections.Concurrent;
using Fabric.Core.Issuers;
using Fabric.Engine;
using Fabric.Silo.Outbound;

namespace Fabric.Silo.Signals.Intake;

/// <summary>Polls the transmitters of all tenants, each by itself: one that answers slowly holds up its own events, and a tenant with many of them its own.</summary>
internal sealed class SignalPollLoop(IFabricEngine engine, SignalPoller poller, TimeProvider time, ILoggerFactory logs) : BackgroundService
{
    // INVARIANT B1: polls at once, in all and of one tenant.
    private const int PollsMax = 32;
    private const int PollsOfTenantMax = 2;

    private readonly ConcurrentDictionary<string, bool> _tenants = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Tenant, string Issuer), Task> _running = new();
    private readonly HostSlots _slots = new(PollsMax, PollsOfTenantMax);
    private readonly ILogger _log = logs.CreateLogger("Fabric.Silo.Signals");

    /// <summary>Remembers that a tenant may have transmitters that are polled.</summary>
    public void Know(string tenant) => _tenants[tenant] = true;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _slots.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SignalPoller.Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    Begin(stoppingToken);
                }
#pragma warning disable CA1031 // whatever it was, it is looked again
                catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    _log.WaitingBroke(fault);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
        await Task.WhenAll(_running.Values);
    }

    private void Begin(CancellationToken cancellation)
    {
        foreach (var (key, task) in _running)
        {
            if (task.IsCompleted)
            {
                _running.TryRemove(key, out _);
            }
        }
        foreach (var tenant in _tenants.Keys)
        {
            if (engine.IssuersOf(tenant) is not { IsOk: true } trusted)
            {
                continue;
            }
            var transmitters = trusted.Value.Where(issuer => issuer.Kind == IssuerKind.Signals).ToList();
            if (transmitters.Count == 0)
            {
                _tenants.TryRemove(tenant, out _);
            }
            foreach (var issuer in transmitters.Where(issuer => !_running.ContainsKey((tenant, issuer.Id))))
            {
                _running[(tenant, issuer.Id)] = Task.Run(() => PollAsync(tenant, issuer.Id, cancellation), CancellationToken.None);
            }
        }
    }

    private async Task PollAsync(string tenant, string issuer, CancellationToken cancellation)
    {
        try
        {
            using var slot = await _slots.TakeAsync(tenant, cancellation);
            await poller.PollAsync(tenant, issuer, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The host stops; what was not acknowledged comes again.
        }
#pragma warning disable CA1031 // whatever it was, it is polled again
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _log.PollBroke(issuer, tenant, fault);
        }
    }
}
