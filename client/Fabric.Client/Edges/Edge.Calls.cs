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
        return Watch(token, call, Check(token, call, options), keysVersion);
    }

    /// <summary>Decides a call as <see cref="CheckAsync"/> does and, when it is allowed, watches it until the handle is disposed.</summary>
    public async ValueTask<CallHandle> BeginAsync(string token, ToolCall call, CheckOptions? options = null, CancellationToken cancellation = default)
    {
        var keysVersion = _source.View.Keys.Version;
        return Watch(token, call, await CheckAsync(token, call, options, cancellation), keysVersion);
    }

    private CallHandle Watch(string token, in ToolCall call, Decision decision, long keysVersion)
    {
        var handle = new CallHandle(decision, call.Class, _calls, token, keysVersion);
        if (!decision.Allowed)
        {
            return handle;
        }

        if (!_calls.TryAdd(handle))
        {
            return new CallHandle(_pipeline.Deny(token, call, _rules, Codes.LimitReached), call.Class, null);
        }

        // What was applied after the decision and before the call was listed has nobody else to look for it.
        if (_calls.DenialOf(handle) is not { } code)
        {
            return handle;
        }

        handle.Dispose();
        return new CallHandle(_pipeline.Deny(token, call, _rules, code), call.Class, null);
    }
}
