using System.Text;
using Fabric.Core.Common;
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
        if ((Cached(token) ?? Verified(token, out wrong)) is not { } known)
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

    private CachedToken? Verified(string token, out string? wrong)
    {
        var utf8 = new byte[Math.Min(token.Length, TokenReader.LengthMax)];
        if (token.Length > utf8.Length || Ascii.FromUtf16(token, utf8, out _) != System.Buffers.OperationStatus.Done)
        {
            wrong = Codes.TokenMalformed;
            return null;
        }

        var verified = Verify(utf8, out var fingerprint, out wrong, out _);
        wrong ??= DenialByTime(verified!, _clock.Read());
        if (wrong is not null)
        {
            return null;
        }

        _scopes.Keep(verified!.Claims.Scopes);
        return _cache.Add(verified, fingerprint);
    }
}
