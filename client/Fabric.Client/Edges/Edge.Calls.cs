using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;

namespace Fabric.Client.Edges;

/// <content>Calls that are watched while they run.</content>
public sealed partial class Edge
{
    /// <summary>Decides a call as <see cref="Check(string, in ToolCall, CheckOptions?)"/> does and, when it is allowed, watches it until the handle is disposed.</summary>
    public CallHandle Begin(string token, in ToolCall call, CheckOptions? options = null)
    {
        var keysVersion = _source.View.Keys.Version;
        return WatchCall(token, call, options, Check(token, call, options), keysVersion);
    }

    /// <summary>Decides a call as <see cref="CheckAsync"/> does and, when it is allowed, watches it until the handle is disposed.</summary>
    public async ValueTask<CallHandle> BeginAsync(string token, ToolCall call, CheckOptions? options = null, CancellationToken cancellation = default)
    {
        var keysVersion = _source.View.Keys.Version;
        return WatchCall(token, call, options, await CheckAsync(token, call, options, cancellation), keysVersion);
    }

    /// <summary>
    /// Whether a token stands here and, when it does, watches it until the handle is disposed: for requests that make no call. Its form, key, signature, times, lineage, audience, tenant
    /// and proof are looked at, under the lease of class read; nothing is counted and no scope is asked, so that it never stands for a check.
    /// </summary>
    public async ValueTask<CallHandle> AdmitAsync(string token, CheckOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        var keysVersion = _source.View.Keys.Version;
        var handle = new CallHandle(await AdmittedAsync(token, options ?? CheckOptions.None, cancellation), ActionClass.Read, _calls, token, keysVersion);
        return TryWatch(handle) is { } code ? new CallHandle(Denied(code), ActionClass.Read, null) : handle;
    }

    private async ValueTask<Decision> AdmittedAsync(string token, CheckOptions options, CancellationToken cancellation)
    {
        if (Volatile.Read(ref _state) == Stopped)
        {
            return Denied(Codes.Stopping);
        }

        var rules = _rulesOfCalls.Of(options);
        var decision = _pipeline.Admit(token, rules, out var need);
        if (need.Kid is null)
        {
            return decision;
        }

        using var timeout = new CancellationTokenSource(options.Timeout ?? _options.Timeout, _clock.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation, _stopping.Token);
        try
        {
            return await FetchAsync(need, either.Token) is { } code ? Denied(code) : _pipeline.Admit(token, rules, out _);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Denied(Codes.CheckUnavailable);
        }
    }

    private CallHandle WatchCall(string token, in ToolCall call, CheckOptions? options, Decision decision, long keysVersion)
    {
        var handle = new CallHandle(decision, call.Class, _calls, token, keysVersion);
        return TryWatch(handle) is { } code ? new CallHandle(_pipeline.Deny(token, call, _rulesOfCalls.Of(options), code), call.Class, null) : handle;
    }

    // Null: it is watched, or was denied anyway.
    private string? TryWatch(CallHandle handle)
    {
        if (!handle.Decision.Allowed)
        {
            return null;
        }

        if (!_calls.TryAdd(handle))
        {
            return Codes.LimitReached;
        }

        // What was applied after the decision and before the call was listed has nobody else to look for it.
        if (_calls.DenialOf(handle) is not { } code)
        {
            return null;
        }

        handle.Dispose();
        return code;
    }
}
