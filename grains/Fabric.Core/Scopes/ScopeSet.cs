using System.Buffers;
using System.Collections.Immutable;
using Fabric.Core.Common;
using Fabric.Core.Quotas;

namespace Fabric.Core.Scopes;

/// <summary>
/// What may be done: 1 to <see cref="EntriesMax"/> entries, any of which allows a call. Immutable, compiled once, equal by content and order, so
/// that equal sets can be held once.
/// </summary>
public sealed class ScopeSet : IEquatable<ScopeSet>
{
    /// <summary>The most entries of a set (B1).</summary>
    public const int EntriesMax = 64;

    /// <summary>The most quotas of an entry, inherited ones included (B1).</summary>
    public const int QuotasMax = 32;

    /// <summary>The most bytes a set may take in a token (B1): leaves room for the other claims below the token's own limit.</summary>
    public const int TokenBytesMax = 8 * 1024;

    private readonly ScopeEntry[] _entries;
    private readonly Pattern[] _patterns;
    private readonly ScopeLine[] _lines;
    private int _hash;
    private byte[]? _json;

    private ScopeSet(ScopeEntry[] entries, Pattern[] patterns)
    {
        _entries = entries;
        _patterns = patterns;
        _lines = new ScopeLine[entries.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            _lines[i] = ScopeLine.Compile(entries[i].Constraints, patterns[3 * i], patterns[(3 * i) + 1], patterns[(3 * i) + 2]);
        }
    }

    /// <summary>The entries, in the order in which they are tried.</summary>
    public ImmutableArray<ScopeEntry> Entries => System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(_entries);

    /// <summary>
    /// A set of these entries. <see cref="Codes.ScopeInvalid"/> with subject `scopes[i]` (or `scopes[i].field`) for the first that is not valid,
    /// <see cref="Codes.LimitReached"/> when the set is too large for a token.
    /// </summary>
    public static Outcome<ScopeSet> Create(IReadOnlyList<ScopeEntry> entries)
    {
        if (entries.Count is 0 or > EntriesMax)
        {
            return new Rejection(Codes.ScopeInvalid, "scopes", $"a scope set has 1 to {EntriesMax} entries");
        }

        var own = new ScopeEntry[entries.Count];
        var patterns = new Pattern[3 * own.Length];
        for (var i = 0; i < own.Length; i++)
        {
            if (ScopeRules.Check(entries[i], i, patterns.AsSpan(3 * i, 3)) is { } rejection)
            {
                return rejection;
            }

            own[i] = Owned(entries[i]);
        }

        return Bounded(own, patterns);
    }

    /// <summary>The quotas of an entry, without a copy.</summary>
    public ReadOnlySpan<QuotaRef> QuotasOf(int entryIndex) => (QuotaRef[])_entries[entryIndex].Quotas;

    /// <summary>
    /// Whether an entry allows the call: the first that does, from <paramref name="firstEntry"/> on (a caller whose entry ran out of quota asks on
    /// behind it). A denial names the reason of the entry that came closest: `constraint.*` over `scope.denied`. Allocates nothing.
    /// </summary>
    /// <param name="call">The call; its strings are not null.</param>
    /// <param name="environment">Where the call is made; null: not stated, which no `environment` constraint admits.</param>
    /// <param name="now">The moment of the call.</param>
    /// <param name="firstEntry">The index of the first entry to try.</param>
    // INVARIANT S3: a call outside of every entry is denied.
    public ScopeMatch Match(in ToolCall call, string? environment, Instant now, int firstEntry = 0)
    {
        var lengths = ScopeLine.Pack(call.Tool.Length, call.Action.Length, call.Resource.Length);
        var lines = _lines;
        var closest = ScopeLine.Progress.NotNamed;
        var closestIndex = -1;
        for (var i = firstEntry; i < lines.Length; i++)
        {
            ref readonly var line = ref lines[i];
            if (!line.HasLengths(lengths) || !line.Names(call, _patterns, 3 * i))
            {
                continue;
            }

            var progress = line.Admit(call.Class, environment, now);
            if (progress == ScopeLine.Progress.Allowed)
            {
                return new ScopeMatch(i, null);
            }

            if (progress > closest)
            {
                closest = progress;
                closestIndex = i;
            }
        }

        return new ScopeMatch(closestIndex, DenialOf(closest));
    }

    /// <summary>
    /// Whether everything this set allows, <paramref name="parent"/> allows, under quotas that include the parent's. Exact for what
    /// <see cref="Match"/> decides, although each entry is compared with single parent entries: an entry's most demanding call (a name that
    /// nobody spells out, the least harmless class, the last moment) is allowed by one parent entry, which then allows all of the entry's calls.
    /// </summary>
    // INVARIANT S3: what is derived is within what it is derived from.
    public bool IsSubsetOf(ScopeSet parent)
    {
        if (ReferenceEquals(this, parent))
        {
            return true;
        }

        for (var i = 0; i < _entries.Length; i++)
        {
            if (!parent.HasEntryOver(this, i))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// This set as a part of <paramref name="parent"/>: each entry takes the constraints it leaves out, and all quotas, from one parent entry
    /// whose patterns cover it. Of several it takes one that adds no constraint, else the least constrained, else the first.
    /// <see cref="Codes.ScopeExceeded"/> when none covers an entry, or when an entry states a wider constraint than all that do;
    /// <see cref="Codes.LimitReached"/> when the quotas or the set grow past their limits.
    /// </summary>
    // INVARIANT S3: established here for sessions, credentials and delegations.
    public Outcome<ScopeSet> NarrowTo(ScopeSet parent)
    {
        if (Equals(parent))
        {
            return parent;
        }

        var narrowed = new ScopeEntry[_entries.Length];
        var changed = false;
        for (var i = 0; i < narrowed.Length; i++)
        {
            var entry = ScopeNarrowing.Narrow(this, i, parent);
            if (!entry.IsOk)
            {
                return entry.Rejection;
            }

            narrowed[i] = entry.Value;
            changed |= !ReferenceEquals(narrowed[i], _entries[i]);
        }

        return changed ? Bounded(narrowed, _patterns) : this;
    }

    /// <summary>Appends the journal form: stable, versioned by its first byte, read by <see cref="TryRead"/>.</summary>
    public void Write(IBufferWriter<byte> destination) => ScopeCodec.Write(_entries, destination);

    /// <summary>
    /// Reads what <see cref="Write"/> wrote from the start of <paramref name="source"/>; null, with <paramref name="length"/> 0, when that is not
    /// a valid set of a known version.
    /// </summary>
    public static ScopeSet? TryRead(ReadOnlySpan<byte> source, out int length)
    {
        if (ScopeCodec.TryRead(source, out length) is { } entries && Create(entries) is { IsOk: true } outcome)
        {
            return outcome.Value;
        }

        length = 0;
        return null;
    }

    /// <inheritdoc/>
    public bool Equals(ScopeSet? other) =>
        ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && _entries.AsSpan().SequenceEqual(other._entries));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ScopeSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Computed at first use: most sets that a check sees are never compared. A race computes the same value twice.
        if (_hash == 0)
        {
            var hash = new HashCode();
            foreach (var entry in _entries)
            {
                hash.Add(entry);
            }

            var value = hash.ToHashCode();
            _hash = value == 0 ? 1 : value;
        }

        return _hash;
    }

    /// <summary>The `authorization_details` of RFC 9396. Made at first use and kept: a session's credentials mostly share its set.</summary>
    internal ReadOnlySpan<byte> Json => _json ??= ScopeJson.Write(_entries);

    internal ReadOnlySpan<Pattern> PatternsOf(int entryIndex) => _patterns.AsSpan(3 * entryIndex, 3);

    private static Outcome<ScopeSet> Bounded(ScopeEntry[] entries, Pattern[] patterns)
    {
        var bytes = 0;
        foreach (var entry in entries)
        {
            bytes += ScopeRules.TokenBytes(entry);
        }

        return bytes <= TokenBytesMax
            ? new ScopeSet(entries, patterns)
            : new Rejection(Codes.LimitReached, "scopes", $"a scope set takes at most {TokenBytesMax} bytes in a token; this one may take {bytes}");
    }

    // The quotas are held as an array that nobody else has: immutable, and read without a copy.
    private static ScopeEntry Owned(ScopeEntry entry) => entry with { Quotas = entry.Quotas.Count == 0 ? Array.Empty<QuotaRef>() : entry.Quotas.ToArray() };

    private bool HasEntryOver(ScopeSet child, int entryIndex)
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            if (ScopeNarrowing.Names(this, i, child, entryIndex)
                && child._entries[entryIndex].Constraints.IsWithin(_entries[i].Constraints)
                && ScopeNarrowing.HasAll(child.QuotasOf(entryIndex), QuotasOf(i)))
            {
                return true;
            }
        }

        return false;
    }

    private static string DenialOf(ScopeLine.Progress progress) => progress switch
    {
        ScopeLine.Progress.NotReadOnly => Codes.ReadOnly,
        ScopeLine.Progress.WrongEnvironment => Codes.WrongEnvironment,
        ScopeLine.Progress.TooLate => Codes.NotAfter,
        _ => Codes.ScopeDenied,
    };
}
