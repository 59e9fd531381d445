using Fabric.Core.Checks;

namespace Fabric.Client.Edges;

/// <summary>
/// A call that was decided and, when allowed, is in flight until this is disposed. Its token fires when anything that the call's authority comes from is
/// revoked or locked, when the credential expires, or when the lease no longer covers the call's class.
/// </summary>
public sealed class CallHandle : IDisposable
{
    private readonly CallsInFlight? _calls;
    private readonly CancellationTokenSource? _cancel;
    private string? _cancelledBy;

    internal CallHandle(Decision decision, Core.Scopes.ActionClass @class, CallsInFlight? calls, string token = "", long keysVersion = 0)
    {
        (Token, KeysVersion) = (token, keysVersion);
        Decision = decision;
        Class = @class;
        _calls = decision.Allowed ? calls : null;
        _cancel = decision.Allowed ? new CancellationTokenSource() : null;
        _cancelledBy = decision.Code;
    }

    /// <summary>Whether the call may be made.</summary>
    public Decision Decision { get; }

    /// <summary>Fires when the call may no longer go on; fired already for a call that was denied.</summary>
    public CancellationToken CancellationToken => _cancel?.Token ?? new CancellationToken(canceled: true);

    /// <summary>Why the call may not go on, one of <see cref="Core.Common.Codes"/>; null while it may.</summary>
    public string? CancelledBy => Volatile.Read(ref _cancelledBy);

    internal Core.Scopes.ActionClass Class { get; }

    internal string Token { get; }

    /// <summary>The key ring's version under which the token's key was last seen to be good.</summary>
    internal long KeysVersion { get; set; }

    // The registry's list. Under its lock.
    internal CallHandle? Previous { get; set; }

    internal CallHandle? Next { get; set; }

    internal bool IsListed { get; set; }

    /// <summary>Ends the call: it is no longer in flight. May be called again.</summary>
    public void Dispose() => _calls?.Remove(this);

    /// <summary>Whether this call was what cancelled it.</summary>
    internal bool Cancel(string code)
    {
        if (_cancel is null || Interlocked.CompareExchange(ref _cancelledBy, code, null) is not null)
        {
            return false;
        }

        // On the pool: whoever applies the feed does not wait for what callers do on cancellation, nor meets their exceptions.
        _ = _cancel.CancelAsync().ContinueWith(
            static done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return true;
    }
}
