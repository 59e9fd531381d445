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
        if (Verify(utf8Token, out var fingerprint, out var code, out var kid) is not { } token)
        {
            var refused = Refuse(code!, out need);
            need = new CheckNeed(kid, default);
            return refused;
        }

        var moment = _clock.Read();
        var denial = DenialByTime(token, moment) ?? DenialByRules(token, rules);
        if (denial is not null)
        {
            need = default;
            return Deny(token, call, rules, basis, denial);
        }

        _scopes.Keep(token.Claims.Scopes);
        return DecideSlowly(_cache.Add(token, fingerprint, moment.Now.UnixMs), call, rules, basis, out need);
    }

    // A token's form, key and signature. Null: `code` says what is wrong with it, and `kid` which key would be needed.
    private CachedToken? Verify(ReadOnlySpan<byte> utf8Token, out Fingerprint fingerprint, out string? code, out string? kid)
    {
        (fingerprint, code, kid) = (default, null, null);
        var parsed = TokenReader.Parse(utf8Token, _scopes);
        if (!parsed.IsOk)
        {
            code = parsed.Rejection.Code;
            return null;
        }

        // The version before the look-up: a key that changes in between is looked up again.
        var keysVersion = _view.Keys.Version;
        if (_view.Keys.FindKey(parsed.Value.Kid) is not { } key)
        {
            (code, kid) = (_view.IsReady ? Codes.TokenKeyUnknown : Codes.CheckNotReady, parsed.Value.Kid);
            return null;
        }

        if (!IsSignedBy(key, parsed.Value, utf8Token))
        {
            code = Codes.TokenSignature;
            return null;
        }

        fingerprint = _fingerprinter.Of<byte, Utf8Text>(ref MemoryMarshal.GetReference(utf8Token), utf8Token.Length);
        var place = Fingerprinter.Place<byte, Utf8Text>(ref MemoryMarshal.GetReference(utf8Token), utf8Token.Length);
        return _cache.Blank().Become(parsed.Value.Claims, key, keysVersion, fingerprint, place);
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

        // RFC 9449 section 7.1: a token that is bound to a key is nothing in the hands of who only bears it.
        if (token.Claims.ProofKey is { } key && key != rules.ProofKey)
        {
            return Codes.TokenProof;
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
