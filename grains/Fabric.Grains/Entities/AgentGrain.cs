using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Scopes;
using Fabric.Core.Tenants;
using Fabric.Core.Users;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <inheritdoc/>
internal sealed class AgentGrain(ClusterParts parts) : Grain, IAgentGrain
{
    private EntityLog _log = null!;
    private AgentState? _state;
    private Instant _tombstoneUntil;

    private NodeRef Node { get; set; }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        Node = new NodeRef(NodeKind.Agent, key[..slash], key[(slash + 1)..]);
        _log = new EntityLog(parts, Node);
        return _log.LoadAsync(Apply, cancellationToken);
    }

    public async Task<Reply> RegisterAsync(RegisterAgentCommand command)
    {
        TenantState? tenant;
        UserState? owner;
        lock (parts.Directory.Gate)
        {
            tenant = parts.Directory.Tenant_NeedsLock(Node.Tenant)?.State;
            owner = parts.Directory.User_NeedsLock(Node.Tenant, command.Owner);
        }

        if (tenant is null)
        {
            return Missing(Node.Tenant);
        }

        var decided = AgentDecider.Decide(
            _state, tenant, owner,
            new RegisterAgent(
                Node.Id, (AgentKind)command.Kind, command.Name, command.Owner, command.Environment, ScopeSet.TryRead(command.Ceiling, out _)!,
                command.ReviewMs is { } review ? new Instant(review) : null, command.RequireApproval, command.SecretHash),
            parts.Now);

        // INVARIANT R1: what was revoked before it was known is not created under its tombstone: it would come to life when that is dropped.
        if (decided.IsOk && _tombstoneUntil > parts.Now)
        {
            return Reply.Refuse(new Rejection(Codes.AgentRevoked, Node.Id, "the id was revoked before it was registered"));
        }

        return decided.IsOk ? await EmitAsync(command.By, decided.Value) : Reply.Refuse(decided.Rejection);
    }

    public Task<Reply> RotateSecretAsync(string by, byte[] secretHash) => ChangeAsync(by, state => Erase(AgentDecider.RotateSecret(state, secretHash)));

    public Task<Reply> SetKeysAsync(string by, byte[] keys) =>
        ChangeAsync(by, state => Erase(AgentDecider.SetKeys(state, ((AgentKeysSet)EventList.ReadOne(keys)).Keys)));

    public Task<Reply> SetRedirectsAsync(string by, string[] uris) => ChangeAsync(by, state => Erase(AgentDecider.SetRedirects(state, uris)));

    public Task<Reply> TransferAsync(string by, string owner)
    {
        UserState? user;
        lock (parts.Directory.Gate)
        {
            user = parts.Directory.User_NeedsLock(Node.Tenant, owner);
        }

        return ChangeAsync(by, state => Erase(AgentDecider.Transfer(state, owner, user)));
    }

    public Task<Reply> ReviewAsync(string by, long nextReviewMs) =>
        ChangeAsync(by, state => Erase(AgentDecider.Review(state, new Instant(nextReviewMs), parts.Now)));

    private static Reply Missing(string subject) => Reply.Refuse(new Rejection(Codes.NotFound, subject, "the node does not exist"));

    private static Outcome<FabricEvent> Erase<T>(Outcome<T> decided) where T : FabricEvent => decided.IsOk ? decided.Value : decided.Rejection;

    private async Task<Reply> ChangeAsync(string by, Func<AgentState, Outcome<FabricEvent>> decide)
    {
        if (_state is null)
        {
            return Missing(Node.Id);
        }

        var decided = decide(_state);
        return decided.IsOk ? await EmitAsync(by, decided.Value) : Reply.Refuse(decided.Rejection);
    }

    private async Task<Reply> EmitAsync(string by, FabricEvent e)
    {
        var now = parts.Now;
        var logged = await _log.AppendAsync(by, now, e);
        if (!logged.IsOk)
        {
            // Nobody knows whether it is logged: the next activation reads it.
            DeactivateOnIdle();
            return Reply.Refuse(logged.Rejection);
        }

        Apply(e, now);
        return Reply.Of(logged.Value);
    }

    private void Apply(FabricEvent e, Instant at)
    {
        switch (e)
        {
            case AgentRegistered registered:
                _state = new AgentState { Tenant = Node.Tenant, Id = Node.Id, Handle = parts.Handles.Of(Node) };
                _state.Apply(registered, at);
                break;
            case AgentSecretRotated rotated: _state!.Apply(rotated); break;
            case AgentKeysSet set: _state!.Apply(set); break;
            case AgentRedirectsSet set: _state!.Apply(set); break;
            case AgentTransferred transferred: _state!.Apply(transferred); break;
            case AgentReviewed reviewed: _state!.Apply(reviewed); break;
            case NodeRevoked revoked when _state is not null: _state.Standing.Apply(revoked); break;
            case NodeRevoked { MinGeneration: IndexRecord.Terminal } revoked: _tombstoneUntil = revoked.DropAfter; break;
        }
    }
}
