using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Issuers;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;
using Fabric.Core.Sessions;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;
using Fabric.Core.Users;
using Fabric.Engine;

namespace Fabric.Embedded.Engine;

/// <summary>
/// All state in memory. Changed by <see cref="Apply"/> alone, live and at replay alike, always under the engine's lock.
/// </summary>
internal sealed class World(HandleSpace handles)
{
    private readonly Interner<SessionOrigin> _origins = new(100_000);
    private readonly ByBytes<byte[]> _scopes = new(100_000);
    private readonly ByBytes<ScopeSet> _compiled = new(10_000);
    private readonly Interner<string> _texts = new(100_000);

    internal HandleSpace Handles { get; } = handles;
    internal SortedDictionary<string, TenantEntry> Tenants { get; } = new(StringComparer.Ordinal);
    internal SessionTable Sessions { get; } = new();
    internal Dictionary<UInt128, TrustState> Trusts { get; } = [];
    internal Dictionary<Handle, LockState> Locks { get; } = [];
    internal Dictionary<Handle, QuotaState> Quotas { get; } = [];
    internal SortedDictionary<string, ApiKeyEntry> ApiKeys { get; } = new(StringComparer.Ordinal);
    internal RequestTable Requests { get; } = new();

    /// <summary>Who made whose key or agent's secret: who made a transaction of one is in the journal, so old ones count too.</summary>
    internal SecretMakers Makers { get; } = new();

    /// <summary>API keys that were ever made for no tenant.</summary>
    internal int KeysOfNoTenant { get; private set; }

    /// <summary>Which entities changed since the last checkpoint.</summary>
    internal DirtySet Dirty { get; } = new();

    /// <summary>Takes an event in. <paramref name="revision"/>: the feed's head after it.</summary>
    internal void Apply(FabricEvent e, Instant at, string by, ulong revision)
    {
        switch (e)
        {
            case SessionOpened opened: Open(opened, at); break;
            case SessionApproved approved: Approve(approved); break;
            case SessionEnded ended: End(ended, at); break;
            case CredentialsIssued issued: Issue(issued); break;
            case QuotaDrawn drawn: Quotas.GetValueOrDefault(drawn.Quota)?.Apply(drawn with { Drawer = Interned(drawn.Drawer) }); Dirty.Quotas.Add(drawn.Quota); break;
            case QuotaReturned returned: Quotas.GetValueOrDefault(returned.Quota)?.Apply(returned); Dirty.Quotas.Add(returned.Quota); break;
            case NodeRevoked revoked: Revoke(revoked, at, revision); break;
            case CredentialsRevoked revoked: Requests.Add(revoked.RequestKey, revision, at); break;
            case NodeLocked locked: PutLock(new LockState(locked.Target, locked.Handle, locked.Until, locked.Reason, by, at)); break;
            case NodeUnlocked unlocked: DropLock(unlocked.Handle); break;
            default: ApplyDirectory(e, at, by); break;
        }
    }

    /// <summary>Whether an event changes tenants, users, agents, trust grants or keys: what checkpoints keep as events.</summary>
    internal static bool IsDirectory(FabricEvent e) => e is not (
        SessionOpened or SessionApproved or SessionEnded or CredentialsIssued or CredentialsRevoked or QuotaDrawn or QuotaReturned or NodeLocked or NodeUnlocked);

    internal SessionState? Session(UInt128 id) => Sessions.TryGet(id, out var session) ? session : null;

    internal TenantEntry? Tenant(string? id) => id is not null && Tenants.TryGetValue(id, out var tenant) ? tenant : null;

    internal AgentEntry? Agent(string tenant, string agent) => Tenant(tenant)?.Agents.GetValueOrDefault(agent);

    internal UserEntry? User(string? tenant, string? user) => user is null ? null : Tenant(tenant)?.Users.GetValueOrDefault(user);

    /// <summary>How a node stands; null for sessions, credentials and what is not known.</summary>
    internal NodeStanding? Standing(NodeRef node) => node.Kind switch
    {
        NodeKind.Tenant => Tenant(node.Tenant)?.State.Standing,
        NodeKind.User => User(node.Tenant, node.Id)?.State.Standing,
        NodeKind.Agent => Agent(node.Tenant, node.Id)?.State.Standing,
        NodeKind.Trust when Names.ParseId(node.Id) is { } id => Trusts.GetValueOrDefault(id)?.Standing,
        _ => null,
    };

    /// <summary>Takes an ended session out of memory; the audit keeps its story.</summary>
    internal void Forget(UInt128 id)
    {
        Sessions.Remove(id);
        Dirty.ForgottenSessions.Add(id);
    }

    /// <summary>Puts a session in.</summary>
    internal void Put(SessionState session)
    {
        Sessions.Add(session);
        if (session.IsLive)
        {
            Tenant(session.Tenant)!.LiveSessions++;
        }
    }

    /// <summary>Puts a lock in, in place of the one before.</summary>
    internal void PutLock(LockState state)
    {
        if (!Locks.ContainsKey(state.Handle) && Tenant(state.Node.Tenant) is { } tenant)
        {
            tenant.Locks++;
        }

        Locks[state.Handle] = state;
        Dirty.Locks.Add(state.Handle);
    }

    /// <summary>Takes a lock out.</summary>
    internal void DropLock(Handle handle)
    {
        if (Locks.Remove(handle, out var state) && Tenant(state.Node.Tenant) is { } tenant)
        {
            tenant.Locks--;
        }

        Dirty.Locks.Add(handle);
    }

    /// <summary>
    /// Counts records to the share of the tenant whose node it is; of a list of credentials, <paramref name="unknown"/> ids were never made. A record that stands
    /// already counts once more, since it may stand for longer now.
    /// </summary>
    internal void NoteRecords(FabricEvent e, int unknown)
    {
        switch (e)
        {
            case NodeRevoked revoked: Tenant(revoked.Target.Tenant)?.Share.Add(1, IsKnown(revoked.Target) ? 0 : 1, revoked.DropAfter); break;
            case CredentialsRevoked revoked: Tenant(revoked.Tenant)?.Share.Add(revoked.Ids.Count, unknown, revoked.DropAfter); break;
            case NodeLocked locked: Tenant(locked.Target.Tenant)?.Share.Add(1, 0, locked.Until); break;
        }
    }

    /// <summary>Forgets signing keys of which nothing can be unexpired; a start brings all back that the journal ever heard of, so it does this too.</summary>
    internal void DropKeys(KeyRing ring, Instant now)
    {
        foreach (var tenant in Tenants.Values)
        {
            tenant.Keys.FindAll(key => key.DropAfter < now).ForEach(key => ring.Remove(key.Key.Kid));
            tenant.Keys.RemoveAll(key => key.DropAfter < now);
        }
    }

    /// <summary>Whether a node is there, or was.</summary>
    internal bool IsKnown(NodeRef node)
    {
        if (node.Kind is not (NodeKind.Session or NodeKind.Credential))
        {
            return Standing(node) is not null;
        }

        var id = Names.ParseId(node.Id)!.Value;
        if (node.Kind == NodeKind.Session && Session(id) is { } session)
        {
            return session.Tenant == node.Tenant;
        }

        Handles.OfId(node.Kind, Handles.OfTenant(node.Tenant), id, out var isMarked);
        return isMarked;
    }

    /// <summary>One instance of equal origins: a million sessions share few. So for texts and scopes below.</summary>
    internal SessionOrigin Share(SessionOrigin origin) => _origins.Intern(origin, WithNamesOfDirectory);

    internal string Share(string text) => _texts.Intern(text);

    internal byte[] ShareScopes(ReadOnlySpan<byte> bytes)
    {
        if (_scopes.TryGet(bytes, out var known))
        {
            return known;
        }

        var own = bytes.ToArray();
        return _scopes.Add(own, own);
    }

    /// <summary>A session's scopes, compiled. The compiled form takes ten times the bytes': it is kept for those that were asked for of late.</summary>
    internal ScopeSet ScopesOf(SessionState session) =>
        _compiled.TryGet(session.ScopeBytes, out var known) ? known : _compiled.Add(session.ScopeBytes.ToArray(), session.ReadScopes());

    private SessionOrigin WithNamesOfDirectory(SessionOrigin origin)
    {
        var agent = Agent(origin.Tenant, origin.Agent)?.State;
        var user = User(origin.UserTenant, origin.User)?.State;
        return origin with
        {
            Tenant = agent?.Tenant ?? origin.Tenant,
            Agent = agent?.Id ?? origin.Agent,
            UserTenant = user?.Tenant ?? origin.UserTenant,
            User = user?.Id ?? origin.User,
            RequestedBy = Share(origin.RequestedBy),
        };
    }

    private string? Interned(string? text) => text is null ? null : _texts.Intern(text);

    private void Open(SessionOpened opened, Instant at)
    {
        if (Sessions.TryGet(opened.Id, out _))
        {
            return;
        }

        var session = new SessionState(opened, at);
        session.Share(Share(session.Origin), Share(session.Purpose), ShareScopes(session.ScopeBytes));
        Put(session);
        Sessions.MarkDirty(session.Id);
        foreach (var entry in opened.Scopes.Entries)
        {
            foreach (var quota in entry.Quotas)
            {
                AddQuota(quota, at + Limits.SessionLifetimeMax + Limits.ApprovalWaitMax);
            }
        }
    }

    private void Approve(SessionApproved approved)
    {
        Session(approved.Id)?.Apply(approved with { By = Share(approved.By) });
        Sessions.MarkDirty(approved.Id);
    }

    private void End(SessionEnded ended, Instant at)
    {
        if (Session(ended.Id) is { IsLive: true } session)
        {
            session.Apply(ended, at);
            Tenant(ended.Tenant)!.LiveSessions--;
            Sessions.MarkDirty(ended.Id);
        }
    }

    private void Issue(CredentialsIssued issued)
    {
        Session(issued.Session)?.Apply(issued);
        Sessions.MarkDirty(issued.Session);
        foreach (var quota in issued.Quotas)
        {
            AddQuota(quota, issued.ExpiresAt + Limits.ClockSkew);
        }
    }

    private void AddQuota(QuotaRef quota, Instant dropAfter)
    {
        if (Quotas.TryAdd(quota.Id, new QuotaState(quota, dropAfter)))
        {
            Dirty.Quotas.Add(quota.Id);
        }
    }

    private void Revoke(NodeRevoked revoked, Instant at, ulong revision)
    {
        Requests.Add(revoked.RequestKey, revision, at);
        Standing(revoked.Target)?.Apply(revoked);
    }

    // INVARIANT D1: replay goes over rows that may be newer (a checkpoint that a crash cut short), so what is there already is kept: a second copy
    // of a node would not hear of its revocation.
    private void ApplyDirectory(FabricEvent e, Instant at, string by)
    {
        switch (e)
        {
            case TenantCreated known when Tenants.ContainsKey(known.Tenant): break;
            case UserRegistered known when User(known.Tenant, known.Id) is not null: break;
            case AgentRegistered known when Agent(known.Tenant, known.Id) is not null: break;
            case TrustProposed known when Trusts.ContainsKey(known.Id): break;
            case SigningKeyAdded known when Tenant(known.Tenant)!.Keys.Exists(key => key.Key.Kid == known.Kid): break;
            case TenantCreated created:
                var tenant = new TenantState { Id = created.Tenant, Handle = Handles.OfTenant(created.Tenant) };
                tenant.Apply(created, at);
                Tenants[created.Tenant] = new TenantEntry(tenant);
                break;
            case TenantAmended amended: Tenant(amended.Tenant)!.State.Apply(amended); break;
            case UserRegistered registered:
                var user = new UserState { Tenant = Tenant(registered.Tenant)!.State.Id, Id = registered.Id, Handle = Handles.OfUser(registered.Tenant, registered.Id) };
                user.Apply(registered, at);
                Tenant(registered.Tenant)!.Users[registered.Id] = new UserEntry(user);
                Tenant(registered.Tenant)!.Names.Add(registered.Id);
                break;
            case UserAmended amended: User(amended.Tenant, amended.Id)!.State.Apply(amended); break;
            case UserSignInSet set:
                User(set.Tenant, set.Id)!.State.Apply(set, at);
                Makers.Note(CallerText.Holder(set.Tenant, set.Id), by);
                break;
            case AgentRegistered registered:
                var agent = new AgentState { Tenant = Tenant(registered.Tenant)!.State.Id, Id = registered.Id, Handle = Handles.OfAgent(registered.Tenant, registered.Id) };
                agent.Apply(registered, at);
                Tenant(registered.Tenant)!.Agents[registered.Id] = new AgentEntry(agent);
                Makers.Note(CallerText.Holder(registered.Tenant, registered.Id), by);
                break;
            case AgentSecretRotated rotated:
                Agent(rotated.Tenant, rotated.Id)!.State.Apply(rotated);
                Makers.Note(CallerText.Holder(rotated.Tenant, rotated.Id), by);
                break;
            case AgentKeysSet set:
                Agent(set.Tenant, set.Id)!.State.Apply(set);
                Makers.Note(CallerText.Holder(set.Tenant, set.Id), by);
                break;
            case AgentRedirectsSet set: Agent(set.Tenant, set.Id)!.State.Apply(set); break;
            case AgentTransferred transferred: Agent(transferred.Tenant, transferred.Id)!.State.Apply(transferred); break;
            case AgentReviewed reviewed: Agent(reviewed.Tenant, reviewed.Id)!.State.Apply(reviewed); break;
            case IssuerTrusted trusted:
                Tenant(trusted.Tenant)!.State.Apply(trusted);
                Makers.Note(trusted, by);
                break;
            case IssuerDistrusted distrusted: Tenant(distrusted.Tenant)!.State.Apply(distrusted); break;
            case TrustProposed proposed: Propose(proposed, at); break;
            case TrustAccepted accepted: Trusts[accepted.Id].Apply(accepted); break;
            default: ApplyKeys(e, at, by); break;
        }
    }

    private void Propose(TrustProposed e, Instant at)
    {
        var trust = new TrustState
        {
            Id = e.Id, Handle = Handles.OfId(NodeKind.Trust, Handles.OfTenant(e.Grantor), e.Id), Grantor = e.Grantor, Grantee = e.Grantee,
            Scopes = e.Scopes, CreatedAt = at, ExpiresAt = e.ExpiresAt,
        };
        Trusts[e.Id] = trust;
        Tenant(e.Grantor)!.Trusts.Add(trust);
        Tenant(e.Grantee)!.Trusts.Add(trust);
    }

    private void ApplyKeys(FabricEvent e, Instant at, string by)
    {
        switch (e)
        {
            case SigningKeyAdded added:
                var tenant = Tenant(added.Tenant)!;
                tenant.Keys.Add(new SigningKeyEntry(
                    new VerificationKey(added.Kid, added.Tenant, tenant.State.Handle, added.X, added.Y, Instant.Never), added.SealedPrivate));
                break;
            case SigningKeyRetired retired:
                Tenant(retired.Tenant)!.Keys.Find(key => key.Key.Kid == retired.Kid)!.Retire(retired.RetireAfter);
                break;
            case SigningKeyRevoked revoked:
                Tenant(revoked.Tenant)!.Keys.Find(key => key.Key.Kid == revoked.Kid)!.Revoke(revoked.DropAfter);
                break;
            case ApiKeyMade made:
                ApiKeys[made.Id] = new ApiKeyEntry(made.Id, new Caller((Role)made.Role, made.Tenant, made.Subject), at, made.ExpiresAt, made.SecretHash);
                Makers.Note(CallerText.Holder(made.Tenant, made.Subject), by);
                _ = Tenant(made.Tenant) is { } of ? of.ApiKeys++ : KeysOfNoTenant++;
                break;
            case BestEffortGranted granted:
                ApiKeys[granted.Id].Grant(TimeSpan.FromMilliseconds(granted.BoundMs));
                break;
            case ApiKeyRevoked revoked:
                ApiKeys[revoked.Id].RevokedAt = at;
                break;
            default:
                throw new InvalidRecordException($"event `{e.Kind}` has no place");
        }
    }
}
