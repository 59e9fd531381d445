using Fabric.Client.Edges;
using Fabric.Client.Mcp.Messages;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Client.Mcp.Http;

/// <summary>A request that the guard let through: who sends it, what it says, and the calls that were decided. Disposed when its answer is over.</summary>
internal sealed class GuardedRequest(string token, CheckOptions options, CallHandle admitted, McpMessage? message, ReadOnlyMemory<byte> body) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(ToolCall Call, CallHandle Handle)> _decided = [];
    private bool _over;
    private int _taken;
    private bool _watchTaken;

    /// <summary>The token; goes no further than to the fabric.</summary>
    public string Token { get; } = token;

    /// <summary>What its checks ask for.</summary>
    public CheckOptions Options { get; } = options;

    /// <summary>Who acts.</summary>
    public TokenClaims Claims { get; } = admitted.Decision.Claims!;

    /// <summary>The message; null of a request without a body.</summary>
    public McpMessage? Message { get; } = message;

    /// <summary>The message as it was sent.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>Fires when the token, or a call of the message that nobody has taken over, may not go on.</summary>
    public IEnumerable<CallHandle> Watched
    {
        get
        {
            lock (_gate)
            {
                return [admitted, .. _decided.Select(decided => decided.Handle)];
            }
        }
    }

    /// <summary>Lists a call that was allowed.</summary>
    public void Add(ToolCall call, CallHandle handle)
    {
        lock (_gate)
        {
            _decided.Add((call, handle));
        }
    }

    /// <summary>Whether this request still watches a handle itself.</summary>
    public bool IsUntaken(CallHandle handle)
    {
        lock (_gate)
        {
            return !_watchTaken && (ReferenceEquals(handle, admitted) ? _taken == 0 : _decided.Exists(decided => ReferenceEquals(decided.Handle, handle)));
        }
    }

    /// <summary>
    /// Takes a decided call over: whoever does watches it and disposes it. Null: this call was not decided, or the request is over; it has to be decided by who asks.
    /// </summary>
    public CallHandle? TryTake(in ToolCall call)
    {
        lock (_gate)
        {
            for (var i = 0; i < _decided.Count && !_over; i++)
            {
                if (_decided[i].Call == call)
                {
                    var handle = _decided[i].Handle;
                    _decided.RemoveAt(i);
                    _taken++;
                    return handle;
                }
            }

            return null;
        }
    }

    /// <summary>Takes the watch of the whole request over, until it is disposed: what fires is told to who forwards it, and the guard no longer aborts.</summary>
    public IReadOnlyList<CallHandle> TakeWatch()
    {
        lock (_gate)
        {
            _taken++;
            _watchTaken = true;
            return [admitted, .. _decided.Select(decided => decided.Handle)];
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _over = true;
            admitted.Dispose();
            foreach (var (_, handle) in _decided)
            {
                handle.Dispose();
            }
        }
    }
}
