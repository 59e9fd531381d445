using System.Runtime.InteropServices;
using Fabric.Core.Common;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Core.Checks;

/// <content>A token that was not seen before: its form, key, signature and times.</content>
public sealed partial class CheckPipeline
{
    private Decision CheckFirst(ReadOnlySpan<byte> utf8Token, in ToolCall call, CheckRules rules, CheckBasis basis, out CheckNeed need)
    {
        var parsed = TokenReader.Parse(utf8Token, _scopes);
        if (!parsed.IsOk)
        {
            return Refuse(parsed.Rejection.Code, out need);
        }

        // The version before the look-up: a key that changes in between is looked up again.
        var keysVersion = _view.Keys.Version;
        if (_view.Keys.FindKey(parsed.Value.Kid) is not { } key)
        {
            var unknown = Refuse(_view.IsReady ? Codes.TokenKeyUnknown : Codes.CheckNotReady, out _);
            need = new CheckNeed(parsed.Value.Kid, default);
            return unknown;
        }

        if (!IsSignedBy(key, parsed.Value, utf8Token))
        {
            return Refuse(Codes.TokenSignature, out need);
        }

        var fingerprint = _fingerprinter.Of<byte, Utf8Text>(ref MemoryMarshal.GetReference(utf8Token), utf8Token.Length);
        var place = Fingerprinter.Place<byte, Utf8Text>(ref MemoryMarshal.GetReference(utf8Token), utf8Token.Length);
        var token = _cache.Blank().Become(parsed.Value.Claims, key, keysVersion, fingerprint, place);
        var denial = DenialByTime(token, _clock.Read()) ?? DenialByRules(token, rules);
        if (denial is not null)
        {
            need = default;
            return Deny(token, call, rules, basis, denial);
        }

        _scopes.Keep(token.Claims.Scopes);
        return DecideSlowly(_cache.Add(token, fingerprint), call, rules, basis, out need);
    }

    // INVARIANT T1: a tenant's key signs for that tenant alone, and nothing that its own revocation would not reach.
    private static bool IsSignedBy(RingKey key, ParsedToken parsed, ReadOnlySpan<byte> utf8Token) =>
        parsed.Claims.Tenant == key.Key.Tenant
        && parsed.Claims.Lineage.Contains(NodeKind.Tenant, key.Key.TenantHandle)
        && key.Verify(parsed, utf8Token);

    private static string? DenialByTime(CachedToken token, CheckMoment moment)
    {
        if (token.Claims.IssuedAt.UnixMs > moment.Now.UnixMs + CheckRules.SkewMs)
        {
            return Codes.TokenNotYetValid;
        }

        if (moment.Now.UnixMs <= token.ValidUntilMs)
        {
            return null;
        }

        if (token.Key.Key.IsRevoked)
        {
            return Codes.TokenKeyRevoked;
        }

        return moment.Now.UnixMs >= token.Claims.ExpiresAt.UnixMs + CheckRules.SkewMs ? Codes.TokenExpired : Codes.TokenSignature;
    }

    private string? DenialByRules(CachedToken token, CheckRules rules)
    {
        if (rules.Audience is not null && rules.Audience != token.Claims.Audience)
        {
            return Codes.TokenAudience;
        }

        if (rules.Tenant is not null)
        {
            var handle = !rules.TenantHandle.IsZero ? rules.TenantHandle : _view.GuardedTenant;
            handle = handle.IsZero ? _view.Keys.HandleOf(rules.Tenant) : handle;
            if (handle.IsZero)
            {
                return Codes.CheckNotReady;
            }

            if (!token.Claims.Lineage.Contains(NodeKind.Tenant, handle))
            {
                return Codes.TokenForeignTenant;
            }
        }

        return null;
    }

    // Nothing that the token says is known to be true: no claims, and no record of a credential.
    private Decision Refuse(string code, out CheckNeed need)
    {
        need = default;
        return new Decision(false, code, _view.Index.Revision, Staleness(_clock.Read(), _view.LeaseMomentMs), false, null);
    }
}
