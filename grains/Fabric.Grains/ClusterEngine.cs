using System.Net;
using System.Security.Cryptography;
using Fabric.Client.Edges;
using Fabric.Contracts;
using Fabric.Core.Agents;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Issuers;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Engine.Notes;
using Fabric.Grains.Directory;
using Fabric.Grains.Entities;
using Fabric.Grains.Feed;
using Fabric.Grains.Operations;
using Fabric.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fabric.Grains;

/// <summary>
/// One silo of the fabric on Orleans: grains decide, PostgreSQL keeps, and this silo's relay serves enforcement points. Gives the same answers as the embedded engine
/// (E1). Open with <see cref="OpenAsync"/>; dispose to leave the cluster, so that nobody waits for this silo's leases.
/// </summary>
public sealed partial class ClusterEngine : IFabricEngine
{
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LatePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(10);

    private readonly IHost _host;
    private readonly Sweeper _sweeper;
    private readonly SemaphoreSlim _taking = new(1, 1);
    private readonly CancellationTokenSource _ended = new();

    private IReadOnlyList<UsageSample> _unwritten = [];
    private bool _disposed;

    private ClusterEngine(IHost host, ClusterParts parts, AuditWriter audit, ILoggerFactory logs)
    {
        (_host, Parts, Audit, Logs) = (host, parts, audit, logs);
        Notes = parts.Store.Notes(parts.Time);
        Checker = new ClusterChecker(this, parts.Relay, parts.Time);
        _sweeper = new Sweeper(this);
        parts.Leave = () => _ = LeaveAsync();
        (parts.Engine, parts.Meter) = (this, new ClusterMeter(parts.Relay, () => parts.OwnsFeed));
    }

    /// <inheritdoc/>
    public RevocationIndex Index => Parts.Relay.Index;

    /// <inheritdoc/>
    public KeyRing Keys => Parts.Relay.Keys;

    /// <inheritdoc/>
    public FeedHub Feed => Parts.Relay.Hub;

    /// <inheritdoc/>
    public INoteStore Notes { get; }

    /// <inheritdoc/>
    public EngineHealth Health => new(!_disposed && Parts.Following && Parts.Broken is null, [
        new HealthPart("feed", Parts.Relay.HoldsLease, Parts.Relay.HoldsLease ? null : Parts.Broken ?? "this silo has no lease on the feed"),
        new HealthPart("audit", Audit.IsTaking, Audit.IsTaking ? null : "the audit does not take records"),
    ]);

    /// <inheritdoc/>
    public CancellationToken Ended => _ended.Token;

    internal ClusterParts Parts { get; }

    internal AuditWriter Audit { get; }

    internal ILoggerFactory Logs { get; }

    internal IClusterReads Reads => Parts.Store.Reads;

    internal ClusterChecker Checker { get; }

    internal IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>
    /// Opens a silo and waits until it serves. Throws <see cref="SchemaException"/> for a database that this version cannot run on, and what Npgsql throws for one that
    /// it cannot reach.
    /// </summary>
    public static async Task<ClusterEngine> OpenAsync(
        ClusterOptions options, ILoggerFactory logs, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        // INVARIANT R2: a silo that was suspended past its lease has none when it wakes up.
        var clock = time ?? BootTime.Best;
        var store = ClusterStores.Open(options, logs);
        IHost? host = null;
        try
        {
            await store.CheckAsync(cancellation).ConfigureAwait(false);
            var sealer = new KeySealer(options.MasterKey.Span);
            var identity = await ClusterIdentity.OpenAsync(store, sealer, cancellation).ConfigureAwait(false);
            var relay = new Relay(store.Order, new FabricDirectory(new HandleSpace(identity.Salt.Span)), clock);
            var parts = new ClusterParts(clock, await store.Order.NowAsync(cancellation).ConfigureAwait(false))
            {
                Store = store, Relay = relay, Options = options,
                Signing = new SigningKeys(sealer, options.Issuer, options.StatusListTenants), Logins = new LoginSecrets(sealer),
                SiloName = $"{(options.Address ?? IPAddress.Loopback)}:{options.SiloPort}",
            };
            await relay.OpenAsync(identity.Epoch, options.Feed, parts.SweepMoment, () => parts.ClosedMoved(), cancellation).ConfigureAwait(false);
            var audit = new AuditWriter(store.Audit, clock, () => relay.Hub.Head);
            host = SiloSetup.Build(options, parts, audit, logs);
            var services = host.Services;
            parts.Client = new LogClient(() => services.GetRequiredService<IGrainFactory>().GetGrain<IFeedLogGrain>(LogTables.Partition), relay, clock);
            await host.StartAsync(cancellation).ConfigureAwait(false);
            parts.Early = new EarlyDenials(services.GetRequiredService<RelayPeers>().DenyAsync, clock, logs.CreateLogger("Fabric.Grains.EarlyDenials"));
            var engine = new ClusterEngine(host, parts, audit, logs);
            await engine.ReadyAsync(cancellation).ConfigureAwait(false);
            engine._sweeper.Start();
            return engine;
        }
        catch
        {
            await StopAsync(host).ConfigureAwait(false);
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Waits for a lock that one silo of the cluster holds at a time, until it is disposed or the silo dies; and until this silo knows all that was done under it before.
    /// </summary>
    public async Task<IAsyncDisposable> TakeTurnAsync(CancellationToken cancellation = default) => await ClusterTurn.TakeAsync(Parts, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public IFabric As(Caller caller) => new ClusterFabric(this, caller);

    /// <inheritdoc/>
    public Outcome<Caller> Authenticate(ReadOnlySpan<char> presented)
    {
        var refused = new Rejection(Codes.Unauthenticated, "secret", "the credentials are missing or not valid");

        // INVARIANT R1: keys are revoked through the feed's order; a silo that cannot follow it does not know which still hold.
        if (!Parts.Relay.HoldsLease)
        {
            return new Rejection(Codes.StorageUnavailable, "cluster", "this silo has no lease on the feed: it does not know which secrets still hold");
        }

        if (presented.Length is 0 or > Secrets.LengthMax)
        {
            return refused;
        }

        var (hash, now, directory) = (Secrets.Hash(presented), Parts.Now, Parts.Directory);
        lock (directory.Gate)
        {
            if (Secrets.ApiKeyId(presented) is { } id && directory.ApiKeys.TryGetValue(id, out var key))
            {
                return CryptographicOperations.FixedTimeEquals(hash, key.SecretHash.Span) && key.RevokedAt is null && key.ExpiresAt > now
                    && !IsEnded(key.Caller.Tenant) ? key.Caller : refused;
            }

            if (Secrets.AgentOf(presented) is not { } name || directory.Agent_NeedsLock(name.Tenant, name.Agent) is not { } agent)
            {
                return refused;
            }

            var matches = CryptographicOperations.FixedTimeEquals(hash, agent.SecretHash.Span) && !agent.Standing.Ended && !IsEnded(agent.Tenant);
            return matches ? new Caller(Role.Agent, agent.Tenant, agent.Id) : refused;
        }

        // Nobody speaks for a tenant that is revoked: an operator reads what is left of it.
        bool IsEnded(string? tenant) => directory.Tenant_NeedsLock(tenant) is { State.Standing.Ended: true };
    }

    /// <inheritdoc/>
    public Outcome<TenantSignature> Sign(string tenant, Func<string, byte[]> input)
    {
        SigningKeyEntry? key;
        lock (Parts.Directory.Gate)
        {
            if (Parts.Directory.Tenant_NeedsLock(tenant) is not { } card)
            {
                return new Rejection(Codes.NotFound, tenant, "the node does not exist");
            }

            key = card.SigningKey;
        }

        return Parts.Signing.Sign(key, tenant, input);
    }

    /// <inheritdoc/>
    public Outcome<Caller> AuthenticateAgent(string tenant, string agent, Func<IReadOnlyList<AgentKey>, bool> isProven)
    {
        // INVARIANT R1: as with secrets, a silo that cannot follow the order does not know which keys still hold.
        if (!Parts.Relay.HoldsLease)
        {
            return new Rejection(Codes.StorageUnavailable, "cluster", "this silo has no lease on the feed: it does not know which keys still hold");
        }

        IReadOnlyList<AgentKey>? keys = null;
        lock (Parts.Directory.Gate)
        {
            if (Parts.Directory.Agent_NeedsLock(tenant, agent) is { Standing.Ended: false } state
                && Parts.Directory.Tenant_NeedsLock(tenant) is not { State.Standing.Ended: true })
            {
                keys = state.Keys;
            }
        }

        return keys is not null && isProven(keys)
            ? new Caller(Role.Agent, tenant, agent)
            : new Rejection(Codes.Unauthenticated, "assertion", "the credentials are missing or not valid");
    }

    /// <inheritdoc/>
    public SignInStanding SignInOf(string tenant, string user)
    {
        // INVARIANT R1: as with secrets, a silo that cannot follow the order does not know who is revoked.
        if (!Parts.Relay.HoldsLease)
        {
            return SignInStanding.Refused(new Rejection(Codes.StorageUnavailable, "cluster", "this silo has no lease on the feed: it does not know who is revoked"));
        }

        lock (Parts.Directory.Gate)
        {
            return SignInStanding.Of(Parts.Directory.Tenant_NeedsLock(tenant)?.State, Parts.Directory.User_NeedsLock(tenant, user), Index, Parts.Now);
        }
    }

    /// <inheritdoc/>
    public Outcome<IReadOnlyList<TrustedIssuer>> IssuersOf(string tenant) => Parts.Relay.HoldsLease
        // INVARIANT R1: trust is taken back through the feed's order; a silo that cannot follow it does not know whom to believe.
        ? Outcome<IReadOnlyList<TrustedIssuer>>.Of(Parts.Directory.IssuersOf(tenant))
        : new Rejection(Codes.StorageUnavailable, "cluster", "this silo has no lease on the feed: it does not know which issuers are still trusted");

    /// <inheritdoc/>
    public Outcome<string?> LoginSecretOf(string tenant, TrustedIssuer issuer) => Parts.Logins.Open(tenant, issuer);

    /// <inheritdoc/>
    public TokenStanding Introspect(string token) => Checker.Stand(token);

    /// <inheritdoc/>
    public async ValueTask<Outcome<QuotaGrant>> TakeQuotaAsync(Handle quota, string drawer, long want, CancellationToken cancellation = default)
    {
        try
        {
            var reply = await Grains.GetGrain<IQuotaGrain>(ClusterChecker.KeyOf(quota)).TakeAsync(drawer, want).ConfigureAwait(false);
            return reply.Code is null ? new QuotaGrant(reply.Units, reply.ValidForMs, reply.Window) : new Rejection(reply.Code, "quota", reply.Detail ?? "");
        }
#pragma warning disable CA1031 // whatever it was, no units were handed out that anybody knows of
        catch (Exception)
#pragma warning restore CA1031
        {
            return new Rejection(Codes.StorageUnavailable, "quota", "the quota cannot be drawn from now");
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReturnQuotaAsync(Handle quota, string drawer, long units, long window, CancellationToken cancellation = default)
    {
        try
        {
            await Grains.GetGrain<IQuotaGrain>(ClusterChecker.KeyOf(quota)).ReturnAsync(drawer, units, window).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // units that do not come back are lost, never multiplied
        catch (Exception)
#pragma warning restore CA1031
        {
            // The quota is that much smaller.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await Parts.Early.StopAsync(LatePatience).ConfigureAwait(false);
        Parts.Early.Dispose();
        await Checker.ReturnIdleAsync(all: true).ConfigureAwait(false);
        await _sweeper.DisposeAsync().ConfigureAwait(false);
        await TakeLastUsageAsync().ConfigureAwait(false);
        await _host.StopAsync().ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Moves what this silo's own checks have counted to the audit. What it does not take now it is given again.</summary>
    internal async Task TakeOwnUsageAsync()
    {
        // INVARIANT A1: one at a time: the sweeper, questions to the audit and the end of the silo all ask for it, and each line is written once.
        await _taking.WaitAsync().ConfigureAwait(false);
        try
        {
            while (await TakeSomeAsync().ConfigureAwait(false))
            {
                // Until nothing is left, or it is not taken.
            }
        }
        finally
        {
            _taking.Release();
        }
    }

    private async Task<bool> TakeSomeAsync()
    {
        // INVARIANT A1: they count against the window's bound until they are written; past it, nothing more is allowed.
        if (_unwritten.Count == 0)
        {
            _unwritten = Checker.Usage.Drain(1_000);
        }

        if (_unwritten.Count == 0)
        {
            return false;
        }

        var sessions = await Reads.SessionsAsync([.. _unwritten.Select(sample => sample.Claims.SessionId).Distinct()]).ConfigureAwait(false);
        if (!await Audit.WriteAsync([.. _unwritten.Select(sample => UsageLines.Of(sample, sessions.GetValueOrDefault(sample.Claims.SessionId)))], null).ConfigureAwait(false))
        {
            return false;
        }

        Checker.Usage.Release(_unwritten.Count);
        _unwritten = [];
        return true;
    }

    private async Task TakeLastUsageAsync()
    {
        try
        {
            await TakeOwnUsageAsync().ConfigureAwait(false);
        }
        catch (NpgsqlException error)
        {
            FeedLogLog.SweepFailed(Logs.CreateLogger("Fabric.Grains.ClusterEngine"), error);
        }
    }

    // What can be done for others in a moment: enforcement points are sent elsewhere, and what was counted is written. Orleans' own goodbye would wait for the silos that this one does not reach;
    // the others notice sooner that it is gone.
    private async Task LeaveAsync()
    {
        await Task.WhenAny(Task.WhenAll(Parts.Relay.StopAsync(LeavePatience), TakeLastUsageAsync()), Task.Delay(LeavePatience, Parts.Time)).ConfigureAwait(false);
        await _ended.CancelAsync().ConfigureAwait(false);
    }

    // A start that failed leaves no silo behind that others count on.
    private static async Task StopAsync(IHost? host)
    {
        if (host is not null)
        {
            await host.StopAsync().ConfigureAwait(false);
            host.Dispose();
        }
    }

    // Until the relay has its first lease nothing would be allowed or issued here.
    private async Task ReadyAsync(CancellationToken cancellation)
    {
        var started = Parts.Time.GetTimestamp();
        while (!Parts.Relay.HoldsLease)
        {
            if (Parts.Time.GetElapsedTime(started) > ReadyPatience)
            {
                throw new TimeoutException($"the feed log has given this silo no lease within {ReadyPatience.TotalSeconds} s");
            }

            await Task.Delay(PollEvery, Parts.Time, cancellation).ConfigureAwait(false);
        }
    }
}
