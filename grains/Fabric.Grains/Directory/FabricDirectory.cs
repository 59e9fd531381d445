using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Leases;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;
using Fabric.Core.Users;
using Fabric.Engine;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Directory;

/// <summary>
/// A silo's copy of what all silos know: tenants, users, agents, trust grants, keys and locks. Changed by the log's order alone. What it says may be some
/// milliseconds old, which is harmless where the revocation index decides; entities decide for themselves on their own events.
/// </summary>
internal sealed class FabricDirectory(HandleSpace handles)
{
    // As long as the database keeps what requests were carried out.
    private static readonly TimeSpan RequestsKept = TimeSpan.FromHours(24);

    // The longest bound there is, and time for a connection to notice that its key has ended.
    private static readonly TimeSpan BoundOutlives = ClassBounds.BestEffortReadMax + TimeSpan.FromHours(24);

    private readonly HashSet<string> _bestEffort = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly HashSet<UInt128> _requests = [];
    private readonly Queue<(UInt128 Name, Instant At)> _requestsInOrder = new();

    /// <summary>To be held for every read and change.</summary>
    internal Lock Gate { get; } = new();

    internal HandleSpace Handles { get; } = handles;
    internal SortedDictionary<string, TenantCard> Tenants { get; } = new(StringComparer.Ordinal);
    internal Dictionary<UInt128, TrustState> Trusts { get; } = [];
    internal Dictionary<Handle, LockState> Locks { get; } = [];
    /// <summary>Who made whose secret, ever.</summary>
    internal SecretMakers Makers { get; } = new();

    internal SortedDictionary<string, ApiKeyCard> ApiKeys { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// INVARIANT R1: the longest read bound that an enforcement point may have by a key of its own, or has had until lately: what a key let happen has run out
    /// <see cref="BoundOutlives"/> after the key has ended.
    /// </summary>
    internal TimeSpan LongestReadBound(Instant now)
    {
        lock (Gate)
        {
            var longest = ClassBounds.ReadMax;
            foreach (var key in _bestEffort.Select(id => ApiKeys[id]))
            {
                var ended = Instant.Min(key.ExpiresAt, key.RevokedAt ?? Instant.Never);
                longest = key.Caller.BestEffort > longest && (ended == Instant.Never || ended + BoundOutlives > now) ? key.Caller.BestEffort : longest;
            }

            return longest;
        }
    }

    /// <summary>How many commands an entity has seen.</summary>
    internal long VersionOf_NeedsLock(string owner) => _versions.GetValueOrDefault(owner);

    /// <summary>Whether a revocation of this name is one that this copy has applied.</summary>
    internal bool HasCarriedOut_NeedsLock(UInt128 name) => _requests.Contains(name);

    /// <summary>How many tenants there are.</summary>
    internal int TenantCount
    {
        get
        {
            lock (Gate)
            {
                return Tenants.Count;
            }
        }
    }

    internal TenantCard? Tenant_NeedsLock(string? id) => id is not null && Tenants.TryGetValue(id, out var tenant) ? tenant : null;

    internal AgentState? Agent_NeedsLock(string tenant, string agent) => Tenant_NeedsLock(tenant)?.Agents.GetValueOrDefault(agent);

    internal UserState? User_NeedsLock(string? tenant, string? user) => user is null ? null : Tenant_NeedsLock(tenant)?.Users.GetValueOrDefault(user);

    /// <summary>The issuers that a tenant trusts; none for one that is not there or is revoked.</summary>
    internal IReadOnlyList<TrustedIssuer> IssuersOf(string tenant)
    {
        lock (Gate)
        {
            return Tenant_NeedsLock(tenant)?.State is { Standing.Ended: false } state ? state.Issuers : [];
        }
    }

    internal Instant? LockedUntil_NeedsLock(Handle handle, Instant now) =>
        Locks.TryGetValue(handle, out var found) && found.Until > now ? found.Until : null;

    /// <summary>How a node stands; null for sessions, credentials and what is not known.</summary>
    internal NodeStanding? Standing_NeedsLock(NodeRef node) => node.Kind switch
    {
        NodeKind.Tenant => Tenant_NeedsLock(node.Tenant)?.State.Standing,
        NodeKind.User => User_NeedsLock(node.Tenant, node.Id)?.Standing,
        NodeKind.Agent => Agent_NeedsLock(node.Tenant, node.Id)?.Standing,
        NodeKind.Trust when Names.ParseId(node.Id) is { } id && Trusts.TryGetValue(id, out var trust) && trust.Grantor == node.Tenant => trust.Standing,
        _ => null,
    };

    /// <summary>Takes the rows of one command in.</summary>
    internal void Apply_NeedsLock(DirectoryRow[] rows)
    {
        foreach (var row in rows)
        {
            if (row.Owner is { } owner)
            {
                _versions[owner] = row.Version;
            }

            Apply(EventList.ReadOne(row.Event), new Instant(row.AtMs), row.By);
        }
    }

    private void Apply(FabricEvent e, Instant at, string by)
    {
        switch (e)
        {
            case NodeRevoked revoked:
                Standing_NeedsLock(revoked.Target)?.Apply(revoked);
                Note(revoked.RequestKey, at);
                break;
            case NodeLocked locked: Locks[locked.Handle] = new LockState(locked.Target, locked.Handle, locked.Until, locked.Reason, by, at); break;
            case NodeUnlocked unlocked: Locks.Remove(unlocked.Handle); break;
            case TenantCreated created:
                var tenant = new TenantState { Id = created.Tenant, Handle = Handles.OfTenant(created.Tenant) };
                tenant.Apply(created, at);
                Tenants[created.Tenant] = new TenantCard(tenant);
                break;
            case TenantAmended amended: Tenants[amended.Tenant].State.Apply(amended); break;
            case UserRegistered registered:
                var user = new UserState { Tenant = registered.Tenant, Id = registered.Id, Handle = Handles.OfUser(registered.Tenant, registered.Id) };
                user.Apply(registered, at);
                Tenants[registered.Tenant].Users[registered.Id] = user;
                Tenants[registered.Tenant].Names.Add(registered.Id);
                break;
            case UserSignInSet set:
                Tenants[set.Tenant].Users[set.Id].Apply(set, at);
                Makers.Note(CallerText.Holder(set.Tenant, set.Id), by);
                break;
            case UserAmended amended: Tenants[amended.Tenant].Users[amended.Id].Apply(amended); break;
            case AgentRegistered registered:
                var agent = new AgentState { Tenant = registered.Tenant, Id = registered.Id, Handle = Handles.OfAgent(registered.Tenant, registered.Id) };
                agent.Apply(registered, at);
                Tenants[registered.Tenant].Agents[registered.Id] = agent;
                Makers.Note(CallerText.Holder(registered.Tenant, registered.Id), by);
                break;
            case AgentSecretRotated rotated:
                Tenants[rotated.Tenant].Agents[rotated.Id].Apply(rotated);
                Makers.Note(CallerText.Holder(rotated.Tenant, rotated.Id), by);
                break;
            case AgentKeysSet set:
                Tenants[set.Tenant].Agents[set.Id].Apply(set);
                Makers.Note(CallerText.Holder(set.Tenant, set.Id), by);
                break;
            case AgentRedirectsSet set: Tenants[set.Tenant].Agents[set.Id].Apply(set); break;
            case AgentTransferred transferred: Tenants[transferred.Tenant].Agents[transferred.Id].Apply(transferred); break;
            case AgentReviewed reviewed: Tenants[reviewed.Tenant].Agents[reviewed.Id].Apply(reviewed); break;
            default: ApplyRest(e, at, by); break;
        }
    }

    private void Note(UInt128 request, Instant at)
    {
        if (request != UInt128.Zero && _requests.Add(request))
        {
            _requestsInOrder.Enqueue((request, at));
        }

        while (_requestsInOrder.TryPeek(out var oldest) && oldest.At < at - RequestsKept)
        {
            _requests.Remove(_requestsInOrder.Dequeue().Name);
        }
    }

    private void ApplyRest(FabricEvent e, Instant at, string by)
    {
        switch (e)
        {
            case TrustProposed proposed:
                var trust = new TrustState
                {
                    Id = proposed.Id, Handle = Handles.OfId(NodeKind.Trust, Handles.OfTenant(proposed.Grantor), proposed.Id), Grantor = proposed.Grantor,
                    Grantee = proposed.Grantee, Scopes = proposed.Scopes, CreatedAt = at, ExpiresAt = proposed.ExpiresAt,
                };
                Trusts[proposed.Id] = trust;
                Tenants[proposed.Grantor].Trusts.Add(trust);
                Tenants[proposed.Grantee].Trusts.Add(trust);
                break;
            case IssuerTrusted trusted:
                Tenants[trusted.Tenant].State.Apply(trusted);
                Makers.Note(trusted, by);
                break;
            case IssuerDistrusted distrusted: Tenants[distrusted.Tenant].State.Apply(distrusted); break;
            case TrustAccepted accepted: Trusts[accepted.Id].Apply(accepted); break;
            case SigningKeyAdded added:
                var owner = Tenants[added.Tenant];
                owner.Keys.Add(new SigningKeyEntry(
                    new VerificationKey(added.Kid, added.Tenant, owner.State.Handle, added.X, added.Y, Instant.Never), added.SealedPrivate));
                break;
            case SigningKeyRetired retired: Tenants[retired.Tenant].Keys.Find(key => key.Key.Kid == retired.Kid)?.Retire(retired.RetireAfter); break;
            case SigningKeyRevoked revoked: Tenants[revoked.Tenant].Keys.Find(key => key.Key.Kid == revoked.Kid)?.Revoke(revoked.DropAfter); break;
            case BestEffortGranted granted:
                var card = ApiKeys[granted.Id];
                _bestEffort.Add(granted.Id);
                ApiKeys[granted.Id] = card with { Caller = card.Caller with { BestEffort = TimeSpan.FromMilliseconds(granted.BoundMs) } };
                break;
            case ApiKeyMade made:
                Makers.Note(CallerText.Holder(made.Tenant, made.Subject), by);
                ApiKeys[made.Id] = new ApiKeyCard(made.Id, new Caller((Role)made.Role, made.Tenant, made.Subject), at, made.ExpiresAt, made.SecretHash);
                break;
            case ApiKeyRevoked revoked: ApiKeys[revoked.Id] = ApiKeys[revoked.Id] with { RevokedAt = at }; break;
            default: throw new InvalidRecordException($"event `{e.Kind}` has no place in the directory");
        }
    }
}
