using System.Runtime.CompilerServices;

namespace Fabric.Core.Checks;

/// <summary>
/// The tokens whose signatures have verified, so that each is paid for once. Readers take no lock; a reader that meets a change may miss a token that
/// is there, and verifies it again. Bounded by count and bytes (B1); what was not used for longest goes first, about (the CLOCK algorithm), and
/// no call pays for more than a few steps of it. For each that comes a few others are looked at, and those that have expired go, so that what
/// is held follows what is alive.
/// </summary>
internal sealed class TokenCache
{
    private const int StepsMax = 32;
    private const int SweptForEach = 4;
    private const int SlotsMin = 1024;
    private const int BlanksAtOnce = 64;

    // Most searches end within these.
    private const int SeekBytes = 2 * 64;

    private readonly Lock _changes = new();
    private readonly List<CachedToken> _ring = [];
    private readonly CachedToken?[] _blanks = new CachedToken[BlanksAtOnce];
    private readonly Fingerprinter _fingerprinter;
    private readonly CheckLimits _limits;
    private Slot[] _slots = new Slot[SlotsMin];
    private long _bytes;
    private int _hand;
    private int _sweep;
    private int _blanksLeft;

    public TokenCache(Fingerprinter fingerprinter, CheckLimits limits)
    {
        if (limits.TokensMax is < 1 or > CheckLimits.TokensMost || limits.TokenBytesMax < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(limits), $"a cache keeps 1 to {CheckLimits.TokensMost} tokens, in 1 byte at least");
        }

        _fingerprinter = fingerprinter;
        _limits = limits;
    }

    public int Count
    {
        get
        {
            lock (_changes)
            {
                return _ring.Count;
            }
        }
    }

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>
    /// Where to look for a text, whose slot begins to be loaded. What can be done before <see cref="Find"/> is best done in between.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Seek<TChar, TText>(ref TChar text, int length)
        where TChar : unmanaged
        where TText : ITokenText<TChar>
    {
        if (!Fingerprinter.Covers(length))
        {
            return 0;
        }

        var place = Fingerprinter.Place<TChar, TText>(ref text, length);
        var slots = Volatile.Read(ref _slots);
        Prefetch.From(ref slots[(int)place & (slots.Length - 1)], SeekBytes);
        return place;
    }

    /// <summary>The verified token that is exactly this text; null when it is not there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CachedToken? Find<TChar, TText>(ref TChar text, int length, ulong place)
        where TChar : unmanaged
        where TText : ITokenText<TChar>
    {
        if (!Fingerprinter.Covers(length))
        {
            return null;
        }

        var slots = Volatile.Read(ref _slots);
        for (var at = place; ; at++)
        {
            // The tag and the token of a slot are read apart: a mismatched pair only fails the comparison of fingerprints.
            ref var slot = ref slots[(int)at & (slots.Length - 1)];
            var token = Volatile.Read(ref slot.Token);
            if (token is null)
            {
                return null;
            }

            if (slot.Tag != place)
            {
                continue;
            }

            token.Prefetch();
            if (token.Is(_fingerprinter.Of<TChar, TText>(ref text, length)))
            {
                if (!token.Used)
                {
                    token.Used = true;
                }

                return token;
            }
        }
    }

    /// <summary>
    /// A token to be filled in. They are made by the dozen, so that they lie side by side in memory, apart from the claims that belong to them: what
    /// checks read of 100,000 tokens stays within the reach of the processor's caches.
    /// </summary>
    public CachedToken Blank()
    {
        lock (_changes)
        {
            if (_blanksLeft == 0)
            {
                for (; _blanksLeft < BlanksAtOnce; _blanksLeft++)
                {
                    _blanks[_blanksLeft] = new CachedToken();
                }
            }

            var blank = _blanks[--_blanksLeft]!;
            _blanks[_blanksLeft] = null;
            return blank;
        }
    }

    /// <summary>Adds a token; returns the one that counts, if another thread was first.</summary>
    public CachedToken Add(CachedToken token, in Fingerprint fingerprint, long nowMs)
    {
        lock (_changes)
        {
            var slots = _slots;
            var mask = slots.Length - 1;
            var at = (int)token.Place & mask;
            for (; slots[at].Token is { } other; at = (at + 1) & mask)
            {
                if (slots[at].Tag == token.Place && other.Is(fingerprint))
                {
                    return other;
                }
            }

            token.RingAt = _ring.Count;
            _ring.Add(token);
            Volatile.Write(ref _bytes, _bytes + token.Bytes);
            slots[at].Tag = token.Place;
            Volatile.Write(ref slots[at].Token, token);
            if (_ring.Count * 8L > slots.Length * 7L)
            {
                Grow();
            }

            DropExpired(token, nowMs);
            Evict(token);
            return token;
        }
    }

    /// <summary>Forgets a token.</summary>
    public void Remove(CachedToken token)
    {
        lock (_changes)
        {
            if (token.RingAt < _ring.Count && ReferenceEquals(_ring[token.RingAt], token))
            {
                RemoveNow(token);
            }
        }
    }

    private void DropExpired(CachedToken newest, long nowMs)
    {
        for (var step = 0; step < SweptForEach; step++)
        {
            _sweep = _sweep >= _ring.Count ? 0 : _sweep;
            var token = _ring[_sweep];
            if (token.IsExpired(nowMs) && !ReferenceEquals(token, newest))
            {
                RemoveNow(token);
            }
            else
            {
                _sweep++;
            }
        }
    }

    private void Evict(CachedToken newest)
    {
        for (var steps = 0; _ring.Count > _limits.TokensMax || (_bytes > _limits.TokenBytesMax && _ring.Count > 1); steps++)
        {
            _hand = _hand >= _ring.Count ? 0 : _hand;
            var token = _ring[_hand];
            if (ReferenceEquals(token, newest) || (token.Used && steps < StepsMax))
            {
                token.Used = false;
                _hand++;
                continue;
            }

            RemoveNow(token);
        }
    }

    private void RemoveNow(CachedToken token)
    {
        Volatile.Write(ref _bytes, _bytes - token.Bytes);
        var last = _ring[^1];
        _ring[token.RingAt] = last;
        last.RingAt = token.RingAt;
        _ring.RemoveAt(_ring.Count - 1);

        var slots = _slots;
        var mask = slots.Length - 1;
        var hole = (int)token.Place & mask;
        while (!ReferenceEquals(slots[hole].Token, token))
        {
            hole = (hole + 1) & mask;
        }

        // Those behind the hole move up, so that every search still ends at the first empty slot.
        for (var at = (hole + 1) & mask; slots[at].Token is { } next; at = (at + 1) & mask)
        {
            var home = (int)slots[at].Tag & mask;
            if (((at - home) & mask) < ((at - hole) & mask))
            {
                continue;
            }

            slots[hole].Tag = slots[at].Tag;
            Volatile.Write(ref slots[hole].Token, next);
            hole = at;
        }

        Volatile.Write(ref slots[hole].Token, null);
    }

    private void Grow()
    {
        var slots = new Slot[_slots.Length * 2];
        var mask = slots.Length - 1;
        foreach (var token in _ring)
        {
            var at = (int)token.Place & mask;
            while (slots[at].Token is not null)
            {
                at = (at + 1) & mask;
            }

            slots[at] = new Slot { Tag = token.Place, Token = token };
        }

        Volatile.Write(ref _slots, slots);
    }

    private struct Slot
    {
        public ulong Tag;
        public CachedToken? Token;
    }
}
