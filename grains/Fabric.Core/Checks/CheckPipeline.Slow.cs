using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;

namespace Fabric.Core.Checks;

/// <content>A verified token, when anything is out of the ordinary: the whole decision, step by step.</content>
public sealed partial class CheckPipeline
{
    private Decision DecideSlowly(CachedToken token, in ToolCall call, CheckRules rules, CheckBasis basis, out CheckNeed need)
    {
        var index = _view.Index;
        var leaseMs = basis.IsAnswered ? basis.AskedMs : _view.LeaseMomentMs;
        var moment = _clock.Read();
        var version = long.MinValue;
        var denial = DenialByKey(token, out need) ?? DenialByTime(token, moment) ?? DenialByRules(token, rules) ?? DenialByLineage(token, index, moment, ref version);
        if (denial is not null)
        {
            return Deny(token, call, rules, basis, denial, need);
        }

        Span<long> windows = stackalloc long[ScopeSet.QuotasMax];
        var mayAllow = MayAllow(call.Class, basis, leaseMs);
        var line = Choose(token, call, rules, moment, draws: mayAllow && !basis.IsAnswered, windows, out var drawn, out denial, out need);
        if (line is null)
        {
            return Deny(token, call, rules, basis, denial!, need);
        }

        if (!mayAllow)
        {
            return Deny(token, call, rules, basis, Codes.CheckNeedsAuthority, need);
        }

        var decision = Conclude(token, line, call, rules, basis, index, version, leaseMs);
        if (!decision.Allowed)
        {
            QuotaSlices.PutBack(drawn, windows);
            return Deny(token, call, rules, basis, decision.Code!, need);
        }

        return decision;
    }

    // Destructive calls have a bound of zero: only the fabric itself, or its answer, is that fresh.
    private static bool MayAllow(ActionClass @class, CheckBasis basis, long leaseMs) =>
        leaseMs == ICheckView.Authority || basis.IsAnswered || (!basis.MustAskFirst && @class is ActionClass.Read or ActionClass.Write);

    /// <summary>The lease, the index and the keys once more, and the count: after this nothing is looked at again.</summary>
    private Decision Conclude(
        CachedToken token, UsageLine line, in ToolCall call, CheckRules rules, CheckBasis basis, RevocationIndex index, long version, long leaseMs)
    {
        var revision = index.Revision;
        var moment = _clock.Read();
        var stalenessMs = Staleness(moment, leaseMs);
        var fresh = basis.IsAnswered ? stalenessMs <= CheckRules.AnswerValidMs : IsFresh(call.Class, rules, leaseMs, stalenessMs);
        var bestEffort = !fresh && !basis.IsAnswered && call.Class == ActionClass.Read && stalenessMs <= rules.BestEffortMs;
        var denial = DenialByTime(token, moment);
        if (denial is null && !fresh && !bestEffort)
        {
            // INVARIANT R2: established here. A view that is not whole has no lease.
            denial = basis.IsAnswered ? Codes.CheckUnavailable : _view.IsReady ? Codes.CheckStale : Codes.CheckNotReady;
        }

        if (denial is null)
        {
            // INVARIANT R1: what was applied since the look-up is looked up again, rather than started over: a storm of revocations cannot
            // keep a check from ending.
            var current = _view.Index;
            if (!ReferenceEquals(current, index) || current.Version != version)
            {
                denial = DenialByLineage(token, current, moment, ref version);
            }

            denial ??= DenialByKey(token, out _);
        }

        if (denial is null && _usage is not null && !basis.IsAnswered)
        {
            var counted = bestEffort ? LineOf(token, call, rules, null, bestEffort) : line;
            denial = _usage.TryCount(counted, moment.Now.UnixMs, revision) ? null : Codes.AuditSpoolFull;
        }

        return new Decision(denial is null, denial, revision, stalenessMs, bestEffort, token.Claims);
    }

    private string? DenialByKey(CachedToken token, out CheckNeed need)
    {
        need = default;
        if (token.KeysVersion == _view.Keys.Version || token.TryKeepKey(_view.Keys))
        {
            return null;
        }

        _cache.Remove(token);
        if (_view.Keys.FindKey(token.Key.Key.Kid) is not null)
        {
            return Codes.TokenSignature;
        }

        need = new CheckNeed(token.Key.Key.Kid, default);
        return Codes.TokenKeyUnknown;
    }

    private static string? DenialByLineage(CachedToken token, RevocationIndex index, CheckMoment moment, ref long version)
    {
        version = index.Version;
        if (token.AliveVersion == version)
        {
            return null;
        }

        // INVARIANT R1: the verdict is kept with the version from before the look-up.
        var verdict = index.CheckLineage(token.Claims.Lineage.Nodes, moment.Now);
        if (!verdict.Dead)
        {
            version = verdict.Version;
            token.AliveVersion = version;
        }

        return verdict.DenialCode;
    }

    /// <summary>
    /// The usage line of the scope entry that allows the call, with a unit drawn from each of its quotas. An entry whose quotas have no unit here gives
    /// way to the next one that allows the call.
    /// </summary>
    private UsageLine? Choose(
        CachedToken token, in ToolCall call, CheckRules rules, CheckMoment moment, bool draws, Span<long> windows,
        out QuotaSlice[] drawn, out string? denial, out CheckNeed need)
    {
        (drawn, denial, need) = ([], null, default);
        if (token.FindAllowed(call, rules) is { } known && moment.Now.UnixMs <= known.NotAfterMs
            && (known.Quotas is not { } quotas || Draw(quotas, draws, moment, windows, ref drawn, ref denial, ref need)))
        {
            return known;
        }

        (denial, need) = (null, default);
        var scopes = token.Claims.Scopes;
        for (var first = 0; ;)
        {
            var match = scopes.Match(call, rules.Environment, moment.Now, first);
            if (!match.IsAllowed)
            {
                denial ??= match.DenialCode;
                return null;
            }

            var slices = SlicesOf(scopes.QuotasOf(match.EntryIndex));
            if (slices is null || Draw(slices, draws, moment, windows, ref drawn, ref denial, ref need))
            {
                denial = null;
                return LineOf(token, call, rules, slices, scopes.Entries[match.EntryIndex].Constraints.NotAfter ?? Instant.Never);
            }

            first = match.EntryIndex + 1;
        }
    }

    private UsageLine LineOf(CachedToken token, in ToolCall call, CheckRules rules, QuotaSlice[]? slices, Instant notAfter)
    {
        if (token.Find(call, rules, null, false) is not { } line)
        {
            return token.LineOf(Pooled(call), rules, null, false, slices, notAfter.UnixMs);
        }

        line.Renew(slices);
        return line;
    }

    private UsageLine LineOf(CachedToken token, in ToolCall call, CheckRules rules, string? code, bool bestEffort) =>
        token.Find(call, rules, code, bestEffort) ?? token.LineOf(Pooled(call), rules, code, bestEffort);

    private ToolCall Pooled(in ToolCall call) => call with { Tool = _names.Of(call.Tool), Action = _names.Of(call.Action) };

    // Of several entries' reasons, one that a slice would cure is told.
    private static bool Draw(
        QuotaSlice[] slices, bool draws, CheckMoment moment, Span<long> windows, ref QuotaSlice[] drawn, ref string? denial, ref CheckNeed need)
    {
        if (!draws)
        {
            return true;
        }

        if (QuotaSlices.TryDraw(slices, moment.MonotonicMs, windows, out var lacking))
        {
            drawn = slices;
            return true;
        }

        if (!lacking!.IsExhausted(moment.MonotonicMs))
        {
            need = need.Quota == default ? new CheckNeed(null, lacking.Quota) : need;
            denial = Codes.QuotaSliceNeeded;
        }
        else
        {
            denial ??= lacking.Quota.PeriodMs == 0 ? Codes.QuotaExhausted : Codes.RateExceeded;
        }

        return false;
    }

    private QuotaSlice[]? SlicesOf(ReadOnlySpan<QuotaRef> quotas)
    {
        if (quotas.IsEmpty)
        {
            return null;
        }

        var slices = new QuotaSlice[quotas.Length];
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i] = _quotas.Find(quotas[i]) ?? QuotaSlice.None(quotas[i]);
        }

        return slices;
    }

    private Decision Deny(CachedToken token, in ToolCall call, CheckRules rules, CheckBasis basis, string code, CheckNeed need = default)
    {
        var moment = _clock.Read();
        var revision = _view.Index.Revision;
        if (code == Codes.TokenExpired)
        {
            _cache.Remove(token);
        }

        // What the caller will ask for is not decided yet.
        var isOpen = !basis.IsAlone && (code == Codes.CheckNeedsAuthority || need.Kid is not null || need.Quota != default);
        if (_usage is not null && !isOpen
            && !_usage.TryCount(LineOf(token, call, rules, code, bestEffort: false), moment.Now.UnixMs, revision))
        {
            _usage.NoteUnrecorded();
        }

        return new Decision(false, code, revision, Staleness(moment, _view.LeaseMomentMs), false, token.Claims);
    }
}
