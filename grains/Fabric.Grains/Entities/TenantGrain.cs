using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Scopes;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;
using Fabric.Grains.Storage;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <inheritdoc/>
internal sealed class TenantGrain(ClusterParts parts) : Grain, ITenantGrain
{
    private const int KeysReserve = 64;

    private static readonly TimeSpan RecountEvery = TimeSpan.FromMinutes(5);

    private readonly Dictionary<UInt128, TrustState> _trusts = [];
    private readonly List<(string Kid, Instant DropAfter, bool Revoked)> _keys = [];

    // Revocations have room that rotations have not: who rotates as often as he may can still revoke, and have a new key.
    private const int SigningKeysWithRevoked = 2 * Limits.SigningKeysMax;
    private EntityLog _log = null!;
    private TenantState? _state;
    private int _live;

    private bool Signs => _keys.Count > 0 && _keys[^1] is { Revoked: false } last && last.DropAfter == Instant.Never;

    private string Id => this.GetPrimaryKeyString();

    private NodeRef Node => new(NodeKind.Tenant, Id, Id);

    public override Task OnActivateAsync(CancellationToken cancellationToken) => StorageFaults.TellAsync(() => LoadAsync(cancellationToken));

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        _log = new EntityLog(parts, Node);
        await _log.LoadAsync(Apply, cancellationToken);
        await CountAsync(cancellationToken);

        // Counted in and out by calls, some of which get lost: put right from time to time.
        this.RegisterGrainTimer(CountAsync, RecountEvery, RecountEvery);
    }

    public async Task<Reply> CreateAsync(string by, string? name, LimitsWire limits, bool requireApproval)
    {
        // The last places are for keys of tenants that there are: several silos may ask for one at the same moment, and none could start on more than there is room for.
        if (parts.Relay.Hub.KeyRoom <= KeysReserve)
        {
            return Reply.Refuse(new Rejection(Codes.LimitReached, Id, "the fabric has as many signing keys as an enforcement point holds"));
        }

        var decided = TenantDecider.Decide(_state, new RegisterTenant(Id, name, limits.Read(), requireApproval));
        return decided.IsOk ? await EmitAsync(by, decided.Value, parts.Signing.Make(Id)) : Reply.Refuse(decided.Rejection);
    }

    public async Task<Reply> AmendAsync(string by, string? name, LimitsWire? limits, bool? requireApproval)
    {
        if (_state is null)
        {
            return Missing(Id);
        }

        var decided = TenantDecider.Decide(_state, new AmendTenant(name, limits?.Read(), requireApproval));
        return decided.IsOk ? await EmitAsync(by, decided.Value) : Reply.Refuse(decided.Rejection);
    }

    public async Task<Reply> RotateKeyAsync(string by)
    {
        if (_state is null)
        {
            return Missing(Id);
        }

        if (_state.Standing.Ended)
        {
            return Reply.Refuse(new Rejection(Codes.TenantRevoked, Id, "the tenant is revoked"));
        }

        var now = parts.Now;
        _keys.RemoveAll(key => key.DropAfter < now);
        // Without a key nothing is issued: then there is the room that revocations have.
        var max = Signs ? Limits.SigningKeysMax : SigningKeysWithRevoked;
        if (_keys.Count >= max || parts.Relay.Hub.KeyRoom <= 0)
        {
            return Reply.Refuse(new Rejection(
                Codes.LimitReached, Id, $"the tenant has {_keys.Count} keys of the last day, and may have {max}: rotate again when some have passed"));
        }

        // The old key verifies until the longest-lived token that it signed has expired, also on a clock that is late.
        return Signs
            ? await EmitAsync(by, parts.Signing.Make(Id), new SigningKeyRetired(Id, _keys[^1].Kid, now + Limits.CredentialLifetimeMax + Limits.ClockSkew + Limits.ClockSkew))
            : await EmitAsync(by, parts.Signing.Make(Id));
    }

    public async Task<Reply> RevokeKeyAsync(string by, string kid, string reason)
    {
        var now = parts.Now;
        _keys.RemoveAll(key => key.DropAfter < now);
        var at = _keys.FindIndex(key => key.Kid == kid);
        if (_state is null || at < 0)
        {
            return Missing(kid);
        }

        if (_keys[at].Revoked)
        {
            return Reply.Unchanged();
        }

        var revoked = new SigningKeyRevoked(Id, kid, reason, now + Limits.CredentialLifetimeMax + Limits.ClockSkew + Limits.ClockSkew);

        // INVARIANT R1: a stolen key signs whatever generation its thief likes, so nothing else stops it: it is revoked also where there is no room for another.
        // Nothing is issued then until one is made.
        var isReplaced = at == _keys.Count - 1 && Signs && !_state.Standing.Ended && _keys.Count < SigningKeysWithRevoked && parts.Relay.Hub.KeyRoom > 0;
        return isReplaced ? await EmitAsync(by, parts.Signing.Make(Id), revoked) : await EmitAsync(by, revoked);
    }

    public async Task<Reply> ProposeTrustAsync(string by, UInt128 id, string grantee, byte[] scopes, long expiresMs)
    {
        TenantState? other;
        lock (parts.Directory.Gate)
        {
            other = parts.Directory.Tenant_NeedsLock(grantee)?.State;
        }

        if (_state is null || other is null)
        {
            return Missing(_state is null ? Id : grantee);
        }

        if (_trusts.ContainsKey(id))
        {
            // Asked again: its answer was lost on the way.
            return Reply.Unchanged();
        }

        var decided = TrustDecider.Decide(_state, other, new ProposeGrant(id, ScopeSet.TryRead(scopes, out _)!, new Instant(expiresMs)), parts.Now);
        return decided.IsOk ? await EmitAsync(by, decided.Value) : Reply.Refuse(decided.Rejection);
    }

    public async Task<Reply> AcceptTrustAsync(string by, UInt128 id, string tenant)
    {
        if (!_trusts.TryGetValue(id, out var trust))
        {
            return Missing(Names.FormatId(id));
        }

        var decided = TrustDecider.Accept(trust, tenant, parts.Now);
        return !decided.IsOk ? Reply.Refuse(decided.Rejection) : decided.Value is { } accepted ? await EmitAsync(by, accepted) : Reply.Unchanged();
    }

    public async Task<Reply> TrustIssuerAsync(string by, byte[] trusted)
    {
        if (_state is null)
        {
            return Missing(Id);
        }

        var decided = IssuerDecider.Trust(_state, ((IssuerTrusted)EventList.ReadOne(trusted)).Issuer);
        return decided.IsOk ? await EmitAsync(by, decided.Value) : Reply.Refuse(decided.Rejection);
    }

    public async Task<Reply> DistrustIssuerAsync(string by, string id)
    {
        var decided = _state is null ? new Rejection(Codes.NotFound, Id, "the node does not exist") : IssuerDecider.Distrust(_state, id);
        return decided.IsOk ? await EmitAsync(by, decided.Value) : Reply.Refuse(decided.Rejection);
    }

    public Task<int> SessionOpensAsync() => Task.FromResult(_live++);

    public Task SessionEndsAsync()
    {
        _live = Math.Max(0, _live - 1);
        return Task.CompletedTask;
    }

    private static Reply Missing(string subject) => Reply.Refuse(new Rejection(Codes.NotFound, subject, "the node does not exist"));

    private async Task CountAsync(CancellationToken cancellation) => _live = await parts.Store.Entities.LiveSessionsAsync(Id, cancellation);

    private async Task<Reply> EmitAsync(string by, params FabricEvent[] events)
    {
        var now = parts.Now;
        var logged = await _log.AppendAsync(by, now, events);
        if (!logged.IsOk)
        {
            // Nobody knows whether it is logged: the next activation reads it.
            DeactivateOnIdle();
            return Reply.Refuse(logged.Rejection);
        }

        foreach (var e in events)
        {
            Apply(e, now);
        }

        return Reply.Of(logged.Value);
    }

    private void Apply(FabricEvent e, Instant at)
    {
        switch (e)
        {
            case TenantCreated created:
                _state = new TenantState { Id = Id, Handle = parts.Handles.OfTenant(Id) };
                _state.Apply(created, at);
                break;
            case TenantAmended amended: _state!.Apply(amended); break;
            case IssuerTrusted trusted: _state!.Apply(trusted); break;
            case IssuerDistrusted distrusted: _state!.Apply(distrusted); break;
            case SigningKeyAdded added: _keys.Add((added.Kid, Instant.Never, false)); break;
            case SigningKeyRetired retired: _keys[_keys.FindIndex(key => key.Kid == retired.Kid)] = (retired.Kid, retired.RetireAfter, false); break;
            case SigningKeyRevoked revoked: _keys[_keys.FindIndex(key => key.Kid == revoked.Kid)] = (revoked.Kid, revoked.DropAfter, true); break;
            case TrustProposed proposed:
                _trusts[proposed.Id] = new TrustState
                {
                    Id = proposed.Id, Handle = parts.Handles.OfId(NodeKind.Trust, parts.Handles.OfTenant(Id), proposed.Id), Grantor = Id,
                    Grantee = proposed.Grantee, Scopes = proposed.Scopes, CreatedAt = at, ExpiresAt = proposed.ExpiresAt,
                };
                break;
            case TrustAccepted accepted: _trusts[accepted.Id].Apply(accepted); break;
            case NodeRevoked { Target.Kind: NodeKind.Trust } revoked:
                _trusts.GetValueOrDefault(Names.ParseId(revoked.Target.Id)!.Value)?.Standing.Apply(revoked);
                break;
            case NodeRevoked revoked: _state!.Standing.Apply(revoked); break;
        }
    }
}
