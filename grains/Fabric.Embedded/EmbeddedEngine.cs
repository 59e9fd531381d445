using System.Security.Cryptography;
using Fabric.Contracts;
using Fabric.Contracts.Audit;
using Fabric.Core.Agents;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Issuers;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Sessions;
using Fabric.Embedded.Engine;
using Fabric.Embedded.Operations;
using Fabric.Embedded.Storage;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Fabric.Engine.Notes;
using Microsoft.Extensions.Logging;

namespace Fabric.Embedded;

/// <summary>
/// The fabric in one process: entities in memory over a SQLite journal. Use it where one process is enough; the cluster engine gives the same
/// answers (E1). Open with <see cref="Open"/>; dispose to stop cleanly, so that the next start need not wait for old leases.
/// </summary>
public sealed partial class EmbeddedEngine : IFabricEngine
{
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);

    private readonly EngineParts _parts;
    private readonly UsageReports _reports = new();
    private readonly OnceTable _once;
    private readonly long _startedAt;
    private readonly Instant _startedOn;
    private bool _disposed;

    internal EmbeddedEngine(EngineParts parts)
    {
        _parts = parts;
        (_startedAt, _startedOn) = (parts.Time.GetTimestamp(), Instant.From(parts.Time.GetUtcNow()));
        _once = new OnceTable(_startedOn + Limits.ClockSkew);
        Checkpointer = new Checkpointer(this, parts.Journal, parts.State, parts.Audit);
        Sweeper = new Sweeper(this);
        Checker = new Checker(this);
    }

    /// <inheritdoc/>
    public RevocationIndex Index => _parts.Index;

    /// <inheritdoc/>
    public KeyRing Keys => _parts.Keys;

    /// <inheritdoc/>
    public FeedHub Feed => _parts.Feed;

    /// <inheritdoc/>
    public INoteStore Notes => _parts.Notes;

    /// <inheritdoc/>
    public HostSecrets HostSecrets => Signing.HostSecrets;

    /// <inheritdoc/>
    public EngineHealth Health => new(!_disposed && !Ledger.Stopping, [
        new HealthPart("journal", _parts.Journal.Health.IsHealthy, _parts.Journal.Health.IsHealthy ? null : _parts.Journal.Health.Reason),
        new HealthPart("audit", _parts.Audit.IsTaking, _parts.Audit.IsTaking ? null : $"the audit store is full or too far behind: {_parts.Audit.Store.Health.Reason}"),
    ]);

    /// <summary>The options it runs with.</summary>
    public EmbeddedOptions Options => _parts.Options;

    /// <summary>Numbers for metrics.</summary>
    public EngineStats Stats
    {
        get
        {
            lock (Ledger.Gate)
            {
                return new EngineStats(Ledger.World.Sessions.Count, Index.Count, Index.Bytes, _parts.Journal.Stats, Feed.Head);
            }
        }
    }

    internal Ledger Ledger => _parts.Ledger;
    internal SigningKeys Signing => _parts.Signing;
    internal LoginSecrets Logins => _parts.Logins;
    internal ChangeLog Changes => _parts.Changes;
    internal AuditTrail Audit => _parts.Audit;
    internal TimeProvider Time => _parts.Time;
    internal ILogger Logger => _parts.Logger;
    internal HandleSpace Handles => _parts.Ledger.World.Handles;
    internal Checkpointer Checkpointer { get; }
    internal Sweeper Sweeper { get; }
    internal Checker Checker { get; }
    internal Instant Now => Instant.From(Time.GetUtcNow());

    // The wall clock of the start, moved by the monotonic one: a wall clock that is set back, or ahead and back, does not begin a rate's window again.
    internal Instant SteadyNow => _startedOn + Time.GetElapsedTime(_startedAt);

    // INVARIANT R4: a wall clock that jumps ahead drops nothing that is still needed: since the start no more time has passed than the monotonic
    // clock says.
    internal Instant SweepMoment => Instant.Min(Now, SteadyNow);

    internal int SlotCount
    {
        get
        {
            lock (Ledger.Gate)
            {
                return Ledger.World.Sessions.SlotCount;
            }
        }
    }

    /// <summary>
    /// Opens an engine over a data folder: takes its lock, reads the checkpoint and replays the journal. Throws <see cref="FabricStartException"/> with a stable
    /// code and a message that says what to do: folder in use or not writable, damaged journal, lost or changed master key, newer format.
    /// </summary>
    public static EmbeddedEngine Open(EmbeddedOptions options, TimeProvider? time = null, ILogger? logger = null) =>
        Recovery.Open(options, time ?? TimeProvider.System, logger ?? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    /// <inheritdoc/>
    public IFabric As(Caller caller) => new EmbeddedFabric(this, caller);

    /// <inheritdoc/>
    public Outcome<Caller> Authenticate(ReadOnlySpan<char> presented)
    {
        var refused = new Rejection(Codes.Unauthenticated, "secret", "the credentials are missing or not valid");
        if (presented.Length is 0 or > Secrets.LengthMax)
        {
            return refused;
        }

        var hash = Secrets.Hash(presented);
        var now = Now;
        lock (Ledger.Gate)
        {
            if (Secrets.ApiKeyId(presented) is { } id && Ledger.World.ApiKeys.TryGetValue(id, out var key))
            {
                return CryptographicOperations.FixedTimeEquals(hash, key.SecretHash.Span) && key.RevokedAt is null && key.ExpiresAt > now
                    && !IsEnded(key.Caller.Tenant) ? key.Caller : refused;
            }

            if (Secrets.AgentOf(presented) is not { } name || Ledger.World.Agent(name.Tenant, name.Agent)?.State is not { } agent)
            {
                return refused;
            }

            var matches = CryptographicOperations.FixedTimeEquals(hash, agent.SecretHash.Span) && !agent.Standing.Ended && !IsEnded(agent.Tenant);
            return matches ? new Caller(Role.Agent, agent.Tenant, agent.Id) : refused;
        }

        // Nobody speaks for a tenant that is revoked: an operator reads what is left of it.
        bool IsEnded(string? tenant) => Ledger.World.Tenant(tenant) is { State.Standing.Ended: true };
    }

    /// <inheritdoc/>
    public Outcome<TenantSignature> Sign(string tenant, Func<string, byte[]> input)
    {
        SigningKeyEntry? key;
        lock (Ledger.Gate)
        {
            if (Ledger.World.Tenant(tenant) is not { } entry)
            {
                return new Rejection(Codes.NotFound, tenant, "the node does not exist");
            }

            key = entry.SigningKey;
        }

        return Signing.Sign(key, tenant, input);
    }

    /// <inheritdoc/>
    public Outcome<Caller> AuthenticateAgent(string tenant, string agent, Func<IReadOnlyList<AgentKey>, bool> isProven)
    {
        IReadOnlyList<AgentKey>? keys = null;
        lock (Ledger.Gate)
        {
            if (Ledger.World.Agent(tenant, agent)?.State is { Standing.Ended: false } state && Ledger.World.Tenant(tenant) is not { State.Standing.Ended: true })
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
        lock (Ledger.Gate)
        {
            return SignInStanding.Of(Ledger.World.Tenant(tenant)?.State, Ledger.World.User(tenant, user)?.State, Index, Now);
        }
    }

    /// <inheritdoc/>
    public Outcome<IReadOnlyList<TrustedIssuer>> IssuersOf(string tenant)
    {
        lock (Ledger.Gate)
        {
            return Outcome<IReadOnlyList<TrustedIssuer>>.Of(Ledger.World.Tenant(tenant)?.State is { Standing.Ended: false } state ? state.Issuers : []);
        }
    }

    /// <inheritdoc/>
    public Outcome<string?> LoginSecretOf(string tenant, TrustedIssuer issuer) => Logins.Open(tenant, issuer);

    /// <inheritdoc/>
    public TokenStanding Introspect(string token) => Checker.Stand(token);

    /// <inheritdoc/>
    public ValueTask<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation = default) => new(_once.Use(use, Now));

    /// <inheritdoc/>
    public async ValueTask<Outcome<QuotaGrant>> TakeQuotaAsync(Handle quota, string drawer, long want, CancellationToken cancellation = default)
    {
        Outcome<Committed> committed;
        QuotaDrawn drawn;
        long validForMs;
        lock (Ledger.Gate)
        {
            if (Ledger.Refusal is { } stopped)
            {
                return stopped;
            }

            if (!Ledger.World.Quotas.TryGetValue(quota, out var state))
            {
                return new Rejection(Codes.NotFound, "quota", "the quota does not exist");
            }

            var now = SteadyNow;
            var decided = state.Draw(drawer, want, now);
            if (!decided.IsOk)
            {
                return decided.Rejection;
            }

            drawn = decided.Value;
            validForMs = state.Quota.PeriodMs == 0 ? 0 : ((drawn.Window + 1) * state.Quota.PeriodMs) - now.UnixMs;
            committed = Ledger.Emit_NeedsLock(Caller.Fabric.Name, Now, [drawn]);
        }

        // Deducted durably before it is handed out: a crash may lose units, never multiply them.
        if (!committed.IsOk)
        {
            return committed.Rejection;
        }

        return await committed.Value.Durable.ConfigureAwait(false) ? new QuotaGrant(drawn.Units, validForMs, drawn.Window) : Ledger.NotDurable;
    }

    /// <inheritdoc/>
    public async ValueTask ReturnQuotaAsync(Handle quota, string drawer, long units, long window, CancellationToken cancellation = default)
    {
        Outcome<Committed> committed;
        lock (Ledger.Gate)
        {
            if (Ledger.Refusal is not null || !Ledger.World.Quotas.TryGetValue(quota, out var state) || state.Return(drawer, units, window) is not { } returned)
            {
                return;
            }

            committed = Ledger.Emit_NeedsLock(Caller.Fabric.Name, Now, [returned]);
        }

        if (committed.IsOk)
        {
            await committed.Value.Durable.ConfigureAwait(false);
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
        await Checker.ReturnIdleAsync(all: true).ConfigureAwait(false);
        TakeOwnUsage();
        await Sweeper.DisposeAsync().ConfigureAwait(false);
        var clean = await Feed.StopAsync(DrainPatience).ConfigureAwait(false);
        lock (Ledger.Gate)
        {
            Ledger.Stopping = true;
        }

        await Ledger.LastDurable.ConfigureAwait(false);
        await Feed.DisposeAsync().ConfigureAwait(false);
        await Audit.Store.FlushAsync().ConfigureAwait(false);
        Checkpointer.Checkpoint();
        _parts.Close(clean);
    }

    /// <summary>Until when a verifier that holds no lease may accept a token: the latest expiry of all that were issued; null: none is unexpired.</summary>
    internal DateTimeOffset? UnleasedUntil()
    {
        lock (Ledger.Gate)
        {
            return Ledger.LatestExpiry > Now ? Ledger.LatestExpiry.ToDateTimeOffset() : null;
        }
    }

    internal void SweepIndex(int slotsMax)
    {
        lock (Ledger.Gate)
        {
            Index.Sweep(SweepMoment, slotsMax);
        }
    }

    internal void FeedAuditAgain()
    {
        lock (Ledger.Gate)
        {
            Audit.FeedAgain_NeedsLock(Changes, Ledger.World);
        }
    }

    /// <summary>
    /// Takes what an enforcement point has counted. The same report is taken once; one that was taken in part goes on where the store was full. Who is bound to a
    /// tenant reports calls of that tenant's tokens, and of those that were delegated from it; calls with any other token are filed under the reporter's own
    /// tenant and name nobody (T1): one stray token must neither speak in another tenant's name nor hold up the rest of the report (A1).
    /// </summary>
    internal async ValueTask<Outcome<ulong>> TakeUsageAsync(UsageReport report, Caller by)
    {
        var sessions = new SessionState?[report.Lines.Count];
        var lines = Filed(report, by.Tenant, sessions);
        var name = report.ReportId is { } id ? $"{by.Name}\n{id}" : null;
        for (var i = name is null ? 0 : _reports.Begin(name); i < lines.Length; i++)
        {
            if (!Audit.AddUsage(lines[i], by.Name, sessions[i]))
            {
                _reports.Stopped(name, i);
                return new Rejection(Codes.AuditUnavailable, "audit", "the audit store is full: report again later");
            }
        }

        await Audit.Store.FlushAsync().ConfigureAwait(false);
        return Feed.Head;
    }

    // INVARIANT T1: a line counts as a tenant's only when its session is that tenant's, or was delegated from it.
    private UsageLine[] Filed(UsageReport report, string? tenant, SessionState?[] sessions)
    {
        var lines = new UsageLine[sessions.Length];
        var bound = tenant is null ? default : Handles.OfTenant(tenant);
        lock (Ledger.Gate)
        {
            for (var i = 0; i < lines.Length; i++)
            {
                var line = report.Lines[i];
                var session = Ledger.World.Session(Names.ParseId(line.Session) ?? UInt128.Zero);
                var known = session is null ? line.Tenant == tenant : session.Tenant == line.Tenant && session.ComesFrom(NodeKind.Tenant, bound);
                var own = tenant is null || known;
                lines[i] = own ? line : line with { Tenant = tenant!, User = null, Agent = "foreign", Session = "", Credential = "" };
                sessions[i] = own ? session : null;
            }
        }

        return lines;
    }

    private SessionState? SessionOf(UInt128 id)
    {
        lock (Ledger.Gate)
        {
            return Ledger.World.Session(id);
        }
    }

    /// <summary>Moves what the engine's own checks have counted to the audit.</summary>
    internal void TakeOwnUsage()
    {
        for (var samples = Checker.Usage.Drain(1_000); samples.Count > 0; samples = Checker.Usage.Drain(1_000))
        {
            foreach (var sample in samples)
            {
                var claims = sample.Claims;
                Audit.AddUsage(
                    new UsageLine(
                        claims.Tenant, claims.User, claims.ClientId, Names.FormatId(claims.SessionId),
                        Names.FormatId(claims.CredentialId), sample.Tool, sample.Action, sample.Resource, sample.Code, sample.BestEffort, sample.Count,
                        sample.FirstAt.ToDateTimeOffset(), sample.LastAt.ToDateTimeOffset(), sample.Revision),
                    "fabric", SessionOf(claims.SessionId));
            }

            Checker.Usage.Release(samples.Count);
        }
    }
}
