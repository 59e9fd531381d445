namespace Fabric.Core.Common;

/// <summary>A moment: whole milliseconds since 1970-01-01T00:00:00Z. Core never reads a clock; moments are passed in.</summary>
public readonly record struct Instant(long UnixMs) : IComparable<Instant>
{
    /// <summary>The end of time: used where something has no end.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    /// <summary>This moment as whole seconds since the epoch (the JWT NumericDate of RFC 7519 section 2), rounded down.</summary>
    public long UnixSeconds => Math.DivRem(UnixMs, 1000, out var rest) - (rest < 0 ? 1 : 0);

    /// <summary>The moment of a <see cref="DateTimeOffset"/>, cut to the millisecond.</summary>
    public static Instant From(DateTimeOffset moment) => new(moment.ToUnixTimeMilliseconds());

    /// <summary>This moment in UTC. <see cref="Never"/> and anything past year 9999 become <see cref="DateTimeOffset.MaxValue"/>.</summary>
    public DateTimeOffset ToDateTimeOffset() =>
        UnixMs >= MaxDateMs ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(UnixMs);

    /// <summary>The earlier of two moments.</summary>
    public static Instant Min(Instant a, Instant b) => a.UnixMs <= b.UnixMs ? a : b;

    /// <summary>The later of two moments.</summary>
    public static Instant Max(Instant a, Instant b) => a.UnixMs >= b.UnixMs ? a : b;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => UnixMs.CompareTo(other.UnixMs);

    /// <summary>The moment later by <paramref name="span"/>; saturates at <see cref="Never"/>.</summary>
    public static Instant operator +(Instant a, TimeSpan span)
    {
        var add = (long)span.TotalMilliseconds;
        return add > 0 && a.UnixMs > long.MaxValue - add ? Never : new Instant(a.UnixMs + add);
    }

    /// <summary>The moment earlier by <paramref name="span"/>.</summary>
    public static Instant operator -(Instant a, TimeSpan span) => new(a.UnixMs - (long)span.TotalMilliseconds);

    /// <summary>The time between two moments.</summary>
    public static TimeSpan operator -(Instant a, Instant b) => TimeSpan.FromMilliseconds(a.UnixMs - b.UnixMs);

    /// <summary>Whether <paramref name="a"/> is before <paramref name="b"/>.</summary>
    public static bool operator <(Instant a, Instant b) => a.UnixMs < b.UnixMs;

    /// <summary>Whether <paramref name="a"/> is after <paramref name="b"/>.</summary>
    public static bool operator >(Instant a, Instant b) => a.UnixMs > b.UnixMs;

    /// <summary>Whether <paramref name="a"/> is not after <paramref name="b"/>.</summary>
    public static bool operator <=(Instant a, Instant b) => a.UnixMs <= b.UnixMs;

    /// <summary>Whether <paramref name="a"/> is not before <paramref name="b"/>.</summary>
    public static bool operator >=(Instant a, Instant b) => a.UnixMs >= b.UnixMs;

    private static readonly long MaxDateMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
}
