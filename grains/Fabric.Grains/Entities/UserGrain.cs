using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Journal;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Tenants;
using Fabric.Core.Users;
using Fabric.Grains.Wire;

namespace Fabric.Grains.Entities;

/// <inheritdoc/>
internal sealed class UserGrain(ClusterParts parts) : Grain, IUserGrain
{
    private EntityLog _log = null!;
    private UserState? _state;
    private Instant _tombstoneUntil;

    private NodeRef Node { get; set; }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        Node = new NodeRef(NodeKind.User, key[..slash], key[(slash + 1)..]);
        _log = new EntityLog(parts, Node);
        return _log.LoadAsync(Apply, cancellationToken);
    }

    public async Task<Reply> RegisterAsync(string by, string? name, string[] groups)
    {
        TenantState? tenant;
        lock (parts.Directory.Gate)
        {
            tenant = parts.Directory.Tenant_NeedsLock(Node.Tenant)?.State;
        }

        if (tenant is null)
        {
            return Missing(Node.Tenant);
        }

        var decided = UserDecider.Decide(_state, tenant, new RegisterUser(Node.Id, name, groups));

        // INVARIANT R1: what was revoked before it was known is not created under its tombstone: it would come to life when that is dropped.
        if (decided.IsOk && _tombstoneUntil > parts.Now)
        {
            return Reply.Refuse(new Rejection(Codes.UserRevoked, Node.Id, "the id was revoked before it was registered"));
        }

        return decided.IsOk ? await EmitAsync(by, decided.Value) : Reply.Refuse(decided.Rejection);
    }

    public async Task<Reply> AmendAsync(string by, string? name, string[]? groups)
    {
        if (_state is null)
        {
            return Missing(Node.Id);
        }

        var decided = UserDecider.Decide(_state, new AmendUser(name, groups));
        return decided.IsOk ? await EmitAsync(by, decided.Value) : Reply.Refuse(decided.Rejection);
    }

    public async Task<Reply> SetSignInAsync(string by, byte[] signIn)
    {
        if (_state is null)
        {
            return Missing(Node.Id);
        }

        var decided = UserDecider.SetSignIn(_state, ((UserSignInSet)EventList.ReadOne(signIn)).SignIn);
        return decided.IsOk ? await EmitAsync(by, decided.Value) : Reply.Refuse(decided.Rejection);
    }

    private static Reply Missing(string subject) => Reply.Refuse(new Rejection(Codes.NotFound, subject, "the node does not exist"));

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
            case UserRegistered registered:
                _state = new UserState { Tenant = Node.Tenant, Id = Node.Id, Handle = parts.Handles.Of(Node) };
                _state.Apply(registered, at);
                break;
            case UserSignInSet set: _state!.Apply(set, at); break;
            case UserAmended amended: _state!.Apply(amended); break;
            case NodeRevoked revoked when _state is not null: _state.Standing.Apply(revoked); break;
            case NodeRevoked { MinGeneration: IndexRecord.Terminal } revoked: _tombstoneUntil = revoked.DropAfter; break;
        }
    }
}
