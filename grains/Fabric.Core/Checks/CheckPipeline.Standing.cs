using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Core.Checks;

/// <content>Whether a token stands, whatever it may be used for.</content>
public sealed partial class CheckPipeline
{
    /// <summary>
    /// Whether a token stands at this moment: its form, key, signature, times and lineage. Stricter than a check by the skew that a check allows for at the end of its time.
    /// Nothing is counted, since no call is made. Only where the view is the fabric's own.
    /// </summary>
    public TokenStanding Stand(string token)
    {
        if (_view.LeaseMomentMs != ICheckView.Authority)
        {
            return new TokenStanding(null, Codes.CheckNeedsAuthority);
        }

        string? wrong = null;
        if ((Cached(token) ?? Verified(token, out wrong, out _)) is not { } known)
        {
            return new TokenStanding(null, wrong);
        }

        // INVARIANT R1: the index is looked at after all else: what was revoked before the answer is not in it.
        var (moment, version) = (_clock.Read(), long.MinValue);
        if ((DenialByKey(known, out _) ?? DenialByTime(known, moment)) is { } over)
        {
            return new TokenStanding(null, over);
        }

        // INVARIANT R1: what checks still let pass, within the skew, can still be revoked: whoever does that is told what it is.
        return new TokenStanding(
            known.Claims, moment.Now >= known.Claims.ExpiresAt ? Codes.TokenExpired : DenialByLineage(known, _view.Index, moment, ref version));
    }

    /// <summary>
    /// Whether a token stands here, on the view and under its lease, for whatever a call of class read may know: its form, key, signature, times, lineage, and the rules. For requests that
    /// make no call but tell something all the same. Nothing is counted and no scope is asked.
    /// </summary>
    /// <param name="token">The token in compact form.</param>
    /// <param name="rules">What is demanded beside.</param>
    /// <param name="need">The key that would let it be told.</param>
    public Decision Admit(string token, CheckRules rules, out CheckNeed need)
    {
        string? wrong = null, kid = null;
        if ((Cached(token) ?? Verified(token, out wrong, out kid)) is not { } known)
        {
            var refused = Refuse(wrong!, out need);
            need = new CheckNeed(kid, default);
            return refused;
        }

        var index = _view.Index;
        var leaseMs = _view.LeaseMomentMs;
        var version = long.MinValue;
        var revision = index.Revision;
        var denial = DenialByKey(known, out need) ?? DenialByTime(known, _clock.Read()) ?? DenialByRules(known, rules) ?? DenialByLineage(known, index, _clock.Read(), ref version);
        var moment = _clock.Read();
        var stalenessMs = Staleness(moment, leaseMs);
        var bestEffort = denial is null && !IsFresh(ActionClass.Read, rules, leaseMs, stalenessMs);
        if (bestEffort && stalenessMs > rules.BestEffortMs)
        {
            // INVARIANT R2: a view that is older than a read may be tells nothing.
            denial = _view.IsReady ? Codes.CheckStale : Codes.CheckNotReady;
        }

        if (denial is null && (!ReferenceEquals(_view.Index, index) || index.Version != version))
        {
            // INVARIANT R1: what was applied since the look-up.
            denial = DenialByLineage(known, _view.Index, moment, ref version);
        }

        denial ??= DenialByKey(known, out _);
        return new Decision(denial is null, denial, revision, stalenessMs, bestEffort && denial is null, known.Claims);
    }

    private CachedToken? Verified(string token, out string? wrong, out string? kid)
    {
        kid = null;
        var utf8 = new byte[Math.Min(token.Length, TokenReader.LengthMax)];
        if (token.Length > utf8.Length || Ascii.FromUtf16(token, utf8, out _) != System.Buffers.OperationStatus.Done)
        {
            wrong = Codes.TokenMalformed;
            return null;
        }

        var verified = Verify(utf8, out var fingerprint, out wrong, out kid);
        var moment = _clock.Read();
        wrong ??= DenialByTime(verified!, moment);
        if (wrong is not null)
        {
            return null;
        }

        _scopes.Keep(verified!.Claims.Scopes);
        return _cache.Add(verified, fingerprint, moment.Now.UnixMs);
    }
}
