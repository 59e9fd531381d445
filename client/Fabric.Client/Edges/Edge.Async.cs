using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Microsoft.Extensions.Logging;

namespace Fabric.Client.Edges;

/// <content>Checks that may ask the fabric.</content>
public sealed partial class Edge
{
    // Rounds of asking in one check: a key, some slices that others use up first, an answer.
    private const int RoundsMax = 64;

    /// <summary>
    /// Decides a call, asking the fabric for what is not here: the decision itself (class destructive at a remote enforcement point, or
    /// <see cref="CheckOptions.Authoritative"/>), a key, quota units, a revision to come. Completes at once when nothing is missing. When the fabric does not answer
    /// in time: `check.unavailable`.
    /// </summary>
    public ValueTask<Decision> CheckAsync(string token, ToolCall call, CheckOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (Refusal(call, options) is { } code)
        {
            return code == Codes.CheckBehindRevision
                ? AskAsync(token, call, options ?? CheckOptions.None, cancellation)
                : new ValueTask<Decision>(Denied(code));
        }

        var rules = _rulesOfCalls.Of(options);
        var decision = _pipeline.Check(token, call, rules, BasisOf(options, CheckBasis.MayAsk), out var need);
        return IsOpen(decision, need) ? AskAsync(token, call, options ?? CheckOptions.None, cancellation) : new ValueTask<Decision>(decision);
    }

    private static bool IsOpen(in Decision decision, in CheckNeed need) =>
        decision.Code == Codes.CheckNeedsAuthority || need.Kid is not null || need.Quota != default;

    private async ValueTask<Decision> AskAsync(string token, ToolCall call, CheckOptions options, CancellationToken cancellation)
    {
        var rules = _rulesOfCalls.Of(options);
        using var timeout = new CancellationTokenSource(options.Timeout ?? _options.Timeout, _clock.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation, _stopping.Token);
        try
        {
            await _waiters.WaitAsync(options.MinRevision, either.Token);
            for (var round = 0; round < RoundsMax; round++)
            {
                var decision = _pipeline.Check(token, call, rules, BasisOf(options, CheckBasis.MayAsk), out var need);
                if (!IsOpen(decision, need))
                {
                    return decision;
                }

                if (decision.Code == Codes.CheckNeedsAuthority)
                {
                    return await AskFabricAsync(token, call, options, either.Token);
                }

                if (await FetchAsync(need, either.Token) is { } code)
                {
                    return _pipeline.Deny(token, call, rules, code);
                }
            }

            return _pipeline.Deny(token, call, rules, Codes.QuotaSliceNeeded);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return _pipeline.Deny(token, call, rules, Revision < options.MinRevision ? Codes.CheckBehindRevision : Codes.CheckUnavailable);
        }
#pragma warning disable CA1031 // whatever went wrong, the call is denied
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogCheckFailed(e);
            return _pipeline.Deny(token, call, rules, Codes.CheckFailed);
        }
    }

    /// <summary>Gets what is missing. Null: look again; else the code to deny with.</summary>
    private async ValueTask<string?> FetchAsync(CheckNeed need, CancellationToken cancellation)
    {
        if (need.Kid is not null)
        {
            return await _keys.TryFetchAsync(need.Kid, cancellation) ? null : IsReady ? Codes.TokenKeyUnknown : Codes.CheckNotReady;
        }

        var rejection = await _taker.TakeAsync(need.Quota, cancellation);
        return rejection?.Code;
    }

    private async ValueTask<Decision> AskFabricAsync(string token, ToolCall call, CheckOptions options, CancellationToken cancellation)
    {
        var rules = _rulesOfCalls.Of(options);
        var answer = await _source.Uplink.CheckAsync(token, call, rules.Environment, rules.Audience, options.MinRevision, rules.ProofKey, cancellation);
        if (!answer.IsOk)
        {
            return _pipeline.Deny(token, call, rules, answer.Rejection.Code);
        }

        if (answer.Value.Allowed)
        {
            // INVARIANT R1: the answer is a lease for this one call, and what the view has learnt since binds.
            return _pipeline.Check(token, call, rules, CheckBasis.Answered(answer.Value.AskedMs), out _);
        }

        // The fabric has recorded its denial.
        return new Decision(false, answer.Value.Code, answer.Value.Revision, 0, false, _pipeline.ClaimsOf(token));
    }

    [LoggerMessage(111, LogLevel.Error, "a check failed; the call is denied")]
    private partial void LogCheckFailed(Exception exception);
}
