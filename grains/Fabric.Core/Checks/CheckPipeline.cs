using System.Runtime.InteropServices;
using System.Text;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Core.Checks;

/// <summary>
/// Decides calls from a view: the hot path. In order: the token among the verified ones, else its form, key, signature and times; its lineage in
/// the index; audience and tenant; scope; quotas; the lease by the call's class; the index once more. Any thread; no allocation for a token seen
/// before and a kind of call seen before.
/// </summary>
public sealed partial class CheckPipeline
{
    private const int StackBytesMax = 2_048;

    private readonly ICheckView _view;
    private readonly ICheckClock _clock;
    private readonly QuotaSlices _quotas;
    private readonly UsageWindow? _usage;
    private readonly Fingerprinter _fingerprinter;
    private readonly TokenCache _cache;
    private readonly NamePool _names = new();
    private readonly ScopePool _scopes = new();

    /// <summary>A pipeline over a view.</summary>
    /// <param name="view">What to decide from.</param>
    /// <param name="clock">The time.</param>
    /// <param name="secret"><see cref="SecretSize"/> random bytes, of this process alone: nobody can make a token that is mistaken for a verified one.</param>
    /// <param name="quotas">The units that the process holds.</param>
    /// <param name="usage">Where calls are counted (A1); null: the caller does.</param>
    /// <param name="limits">The bounds of what is remembered; null: the defaults.</param>
    public CheckPipeline(
        ICheckView view, ICheckClock clock, ReadOnlySpan<byte> secret, QuotaSlices quotas, UsageWindow? usage = null, CheckLimits? limits = null)
    {
        _view = view;
        _clock = clock;
        _quotas = quotas;
        _usage = usage;
        _fingerprinter = new Fingerprinter(secret);
        _cache = new TokenCache(_fingerprinter, limits ?? CheckLimits.Default);
    }

    /// <summary>Bytes of the secret that a pipeline is given.</summary>
    public static int SecretSize => Fingerprinter.SecretSize;

    /// <summary>Verified tokens that are remembered.</summary>
    public int CachedTokens => _cache.Count;

    /// <summary>What they are taken to cost, in bytes.</summary>
    public long CachedBytes => _cache.Bytes;

    /// <summary>Decides whether a token may make a call.</summary>
    /// <param name="token">The token in compact form.</param>
    /// <param name="call">The call; its strings are not null.</param>
    /// <param name="rules">What is demanded beside the token's scope; the same object for many checks.</param>
    /// <param name="basis">On what to decide.</param>
    /// <param name="need">What would let a denied check be decided.</param>
    public Decision Check(string token, in ToolCall call, CheckRules rules, CheckBasis basis, out CheckNeed need)
    {
        // The clock is read while the slot is on its way: the decision is that of this moment, and the index is as new as it at least.
        var place = _cache.Seek<char, Utf16Text>(ref MemoryMarshal.GetReference(token.AsSpan()), token.Length);
        var moment = _clock.Read();
        var cached = _cache.Find<char, Utf16Text>(ref MemoryMarshal.GetReference(token.AsSpan()), token.Length, place);
        return cached is not null ? Decide(cached, moment, call, rules, basis, out need) : CheckFirst(token, call, rules, basis, out need);
    }

    /// <summary>Decides whether a token, as it came over the wire, may make a call. See the other overload.</summary>
    public Decision Check(ReadOnlySpan<byte> utf8Token, in ToolCall call, CheckRules rules, CheckBasis basis, out CheckNeed need)
    {
        // The clock is read while the slot is on its way: the decision is that of this moment, and the index is as new as it at least.
        var place = _cache.Seek<byte, Utf8Text>(ref MemoryMarshal.GetReference(utf8Token), utf8Token.Length);
        var moment = _clock.Read();
        var cached = _cache.Find<byte, Utf8Text>(ref MemoryMarshal.GetReference(utf8Token), utf8Token.Length, place);
        return cached is not null ? Decide(cached, moment, call, rules, basis, out need) : CheckFirst(utf8Token, call, rules, basis, out need);
    }

    /// <summary>
    /// The denial of a call that was left open (<see cref="CheckBasis.MayAsk"/>) and whose answer, from elsewhere, is a denial or did not come. Recorded when
    /// the token is one that verified.
    /// </summary>
    public Decision Deny(string token, in ToolCall call, CheckRules rules, string code)
    {
        var cached = Cached(token);
        return cached is null ? Refuse(code, out _) : Deny(cached, call, rules, CheckBasis.Alone, code);
    }

    /// <summary>The claims of a token that verified and is remembered; null otherwise. Says nothing about whether it may be used.</summary>
    public TokenClaims? ClaimsOf(string token) => Cached(token)?.Claims;

    private CachedToken? Cached(string token)
    {
        ref var text = ref MemoryMarshal.GetReference(token.AsSpan());
        return _cache.Find<char, Utf16Text>(ref text, token.Length, _cache.Seek<char, Utf16Text>(ref text, token.Length));
    }

    // The order of reads is that of RevocationIndex's remarks. Whatever is out of the ordinary is left to DecideSlowly, with nothing counted yet.
    private Decision Decide(CachedToken token, CheckMoment moment, in ToolCall call, CheckRules rules, CheckBasis basis, out CheckNeed need)
    {
        var index = _view.Index;
        var leaseMs = _view.LeaseMomentMs;
        var revision = index.Revision;
        var version = index.Version;
        var keysVersion = token.KeysVersion;
        var line = token.Allows(call, rules) ? token : token.FindAllowed(call, rules);
        if (token.AliveVersion == version && line is { Quotas: null } && basis.IsPlain)
        {
            var stalenessMs = leaseMs == ICheckView.Authority ? 0 : Staleness(moment, leaseMs);
            if (moment.Now.UnixMs <= Math.Min(token.ValidUntilMs, line.NotAfterMs)
                && IsFresh(call.Class, rules, leaseMs, stalenessMs)
                && index.Version == version && ReferenceEquals(_view.Index, index) && _view.Keys.Version == keysVersion
                && (_usage is null || _usage.TryCount(line, moment.Now.UnixMs, revision)))
            {
                // INVARIANT R1, R2: nothing that was read has changed since, and the lease covers the moment.
                need = default;
                return new Decision(true, null, revision, stalenessMs, false, token.Claims);
            }
        }

        return DecideSlowly(token, call, rules, basis, out need);
    }

    // Destructive calls have a bound of zero: only the fabric itself is that fresh.
    private static bool IsFresh(ActionClass @class, CheckRules rules, long leaseMs, long stalenessMs) =>
        leaseMs == ICheckView.Authority || (@class is ActionClass.Read or ActionClass.Write && stalenessMs <= rules.BoundMs(@class));

    private static long Staleness(CheckMoment moment, long leaseMs) => leaseMs switch
    {
        ICheckView.Authority => 0,
        ICheckView.NoLease => long.MaxValue,
        _ => Math.Max(0, moment.MonotonicMs - leaseMs),
    };

    private Decision CheckFirst(string token, in ToolCall call, CheckRules rules, CheckBasis basis, out CheckNeed need)
    {
        if (token.Length > TokenReader.LengthMax)
        {
            return Refuse(Codes.TokenMalformed, out need);
        }

        Span<byte> utf8 = token.Length <= StackBytesMax ? stackalloc byte[StackBytesMax] : new byte[token.Length];
        utf8 = utf8[..token.Length];
        return Ascii.FromUtf16(token, utf8, out _) == System.Buffers.OperationStatus.Done
            ? CheckFirst(utf8, call, rules, basis, out need)
            : Refuse(Codes.TokenMalformed, out need);
    }
}
