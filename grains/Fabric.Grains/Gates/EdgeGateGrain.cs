using Fabric.Contracts.Orleans;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Engine.Feed;
using Orleans.Placement;

namespace Fabric.Grains.Gates;

/// <inheritdoc/>
[PreferLocalPlacement]
internal sealed class EdgeGateGrain(ClusterParts parts) : Grain, IEdgeGateGrain
{
    // As often as the host looks at the secrets of its own long connections.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly GateTransport _transport = new();
    private Task? _serving;

    public Task<string?> OpenAsync(string secret)
    {
        if (_serving is not null || parts.Engine is not { Health.Ready: true } engine)
        {
            return Task.FromResult<string?>(Codes.Stopping);
        }

        var caller = engine.Authenticate(secret);
        if (!caller.IsOk || (caller.Value.Role & (Role.EnforcementPoint | Role.Operator)) == 0)
        {
            DeactivateOnIdle();
            return Task.FromResult<string?>(caller.IsOk ? Codes.Forbidden : caller.Rejection.Code);
        }

        // Beside the grain's own turns: the feed serves this edge like one over a socket, and neither waits for the other.
        _serving = Task.Run(() => ServeAsync(engine, caller.Value));

        // INVARIANT R1: a key that is revoked ends what was begun with it.
        this.RegisterGrainTimer(_ => LookAsync(engine, secret), new GrainTimerCreationOptions(LookEvery, LookEvery) { Interleave = true });
        return Task.FromResult<string?>(null);
    }

    public Task<bool> SendAsync(byte[] frame) => _serving is null ? Nothing(false) : _transport.PutAsync(frame);

    public Task<byte[][]?> ReceiveAsync() => _serving is null ? Nothing<byte[][]?>(null) : _transport.TakeAsync();

    public Task CloseAsync()
    {
        _transport.EdgeCloses();
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _transport.Abort();
        if (_serving is not null)
        {
            await _serving;
        }
    }

    // Nobody has opened it: it is not kept.
    private Task<T> Nothing<T>(T answer)
    {
        DeactivateOnIdle();
        return Task.FromResult(answer);
    }

    private Task LookAsync(IFabricEngine engine, string secret)
    {
        if (!engine.Authenticate(secret).IsOk)
        {
            _transport.Abort();
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }

    private async Task ServeAsync(IFabricEngine engine, Caller caller)
    {
        await engine.Feed.ServeAsync(_transport, new EngineEdgeService(engine, caller), caller, CancellationToken.None);
        _transport.Abort();
    }
}
