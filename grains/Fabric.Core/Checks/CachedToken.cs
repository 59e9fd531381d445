using System.Runtime.CompilerServices;
using Fabric.Core.Keys;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Core.Checks;

/// <summary>
/// A token whose signature verified, with what was found out about it since. It is the usage line of its own first kind of call, too, so that a
/// check of a token that makes one kind of call reads one place in memory.
/// </summary>
internal sealed class CachedToken : UsageLine
{
    /// <summary>The most other lines that are kept at hand; a line that makes room stays in the usage window until it is drained.</summary>
    public const int MoreMax = 8;

    // About what an object of this type takes.
    private const int BytesOwn = 320;

    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;
    private int _length;
    private long _aliveVersion = long.MinValue;
    private long _keysVersion;
    private long _validUntilMs;
    private UsageLine[]? _more;
    private int _next;

    /// <summary>Says which token it is, once, before anybody else sees it.</summary>
    public CachedToken Become(TokenClaims claims, RingKey key, long keysVersion, in Fingerprint fingerprint, ulong place)
    {
        Claims = claims;
        Key = key;
        Place = place;
        (_a, _b, _c, _d, _length) = fingerprint;
        _keysVersion = keysVersion;
        _validUntilMs = ValidUntil(key);
        return this;
    }

    public RingKey Key { get; private set; } = null!;

    /// <summary>Set at use, cleared as the eviction's hand passes.</summary>
    public bool Used { get; set; }

    /// <summary>Where the cache's ring holds it. Under the cache's lock.</summary>
    public int RingAt { get; set; }

    /// <summary>Where it stands in the table. Under the cache's lock.</summary>
    public ulong Place { get; private set; }

    /// <summary>What it is taken to cost in memory, from measurements: its claims, with all that hangs on them, grow with the token.</summary>
    public int Bytes => 512 + _length + (_length / 2);

    /// <summary>The index version under which the whole lineage was last found alive.</summary>
    public long AliveVersion
    {
        get => Volatile.Read(ref _aliveVersion);
        set => Volatile.Write(ref _aliveVersion, value);
    }

    /// <summary>The key ring's version under which the key was last found, and not retired since.</summary>
    public long KeysVersion => Volatile.Read(ref _keysVersion);

    /// <summary>The last moment at which the token and its key are good.</summary>
    public long ValidUntilMs => Volatile.Read(ref _validUntilMs);

    /// <summary>Whether the token itself is over, whatever becomes of its key.</summary>
    public bool IsExpired(long nowMs) => nowMs >= Claims.ExpiresAt.UnixMs + CheckRules.SkewMs;

    /// <summary>Begins to load what a check will read, while the fingerprint is still being computed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch() => Checks.Prefetch.From(ref Unsafe.As<Start>(this).First, BytesOwn);

    public bool Is(in Fingerprint fingerprint) =>
        ((_a ^ fingerprint.A) | (_b ^ fingerprint.B) | (_c ^ fingerprint.C) | (_d ^ fingerprint.D)) == 0 && _length == fingerprint.Length;

    /// <summary>Looks the key up again after the ring changed. False: the key is gone, or another one; the token must be verified anew.</summary>
    public bool TryKeepKey(KeyRing keys)
    {
        lock (this)
        {
            var version = keys.Version;
            if (keys.FindKey(Key.Key.Kid) is not { } key || !key.IsFor(Key.Key))
            {
                return false;
            }

            Key = key;
            Volatile.Write(ref _validUntilMs, ValidUntil(key));
            Volatile.Write(ref _keysVersion, version);
            return true;
        }
    }

    /// <summary>The line of calls like this one; made when there is none.</summary>
    public UsageLine LineOf(in ToolCall call, CheckRules rules, string? code, bool bestEffort, QuotaSlice[]? quotas = null, long notAfterMs = 0)
    {
        lock (this)
        {
            if (Tool is null)
            {
                Publish(call, rules, code, bestEffort, quotas, notAfterMs);
                return this;
            }

            var line = Of(claims: Claims);
            line.Publish(call, rules, code, bestEffort, quotas, notAfterMs);
            var more = _more ??= new UsageLine[MoreMax];
            Volatile.Write(ref more[_next], line);
            _next = (_next + 1) % MoreMax;
            return line;
        }
    }

    /// <summary>The line of plainly allowed calls like this one; null when there is none at hand.</summary>
    public UsageLine? FindAllowed(in ToolCall call, CheckRules rules)
    {
        if (Allows(call, rules))
        {
            return this;
        }

        foreach (var line in Volatile.Read(ref _more) ?? [])
        {
            if (line is not null && line.Allows(call, rules))
            {
                return line;
            }
        }

        return null;
    }

    /// <summary>The line with this outcome; null when there is none at hand.</summary>
    public UsageLine? Find(in ToolCall call, CheckRules rules, string? code, bool bestEffort)
    {
        if (Is(call, rules, code, bestEffort))
        {
            return this;
        }

        foreach (var line in Volatile.Read(ref _more) ?? [])
        {
            if (line is not null && line.Is(call, rules, code, bestEffort))
            {
                return line;
            }
        }

        return null;
    }

    private long ValidUntil(RingKey key) => Math.Min(Claims.ExpiresAt.UnixMs + CheckRules.SkewMs - 1, key.Key.RetireAfter.UnixMs);

    // Where an object's fields begin.
    private sealed class Start
    {
        public byte First;
    }
}
