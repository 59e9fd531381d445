using Fabric.Core.Common;

namespace Fabric.Core.Scopes;

/// <summary>What a scope entry demands of a call beside its names. A constraint that is left out does not bind. Immutable.</summary>
/// <param name="ReadOnly">Only calls of class read.</param>
/// <param name="MaxCalls">Calls in all, 1 to <see cref="CallsMax"/>.</param>
/// <param name="Rate">Calls in a fixed window.</param>
/// <param name="Environment">Only calls made in this environment; an id (<see cref="IdText"/>).</param>
/// <param name="NotAfter">Only calls made at this moment or before.</param>
public sealed record ScopeConstraints(
    bool ReadOnly = false, long? MaxCalls = null, CallRate? Rate = null, string? Environment = null, Instant? NotAfter = null)
{
    /// <summary>The most calls that <see cref="MaxCalls"/> or a rate names.</summary>
    public const long CallsMax = 1_000_000_000;

    /// <summary>The longest window of a rate: a day.</summary>
    public const int PerSecondsMax = 86_400;

    /// <summary>The latest <see cref="NotAfter"/>: the end of year 9999.</summary>
    public static readonly Instant NotAfterMax = new(253_402_300_799_999);

    /// <summary>No constraint.</summary>
    public static readonly ScopeConstraints None = new();

    /// <summary>How many constraints bind.</summary>
    public int Count =>
        (ReadOnly ? 1 : 0) + (MaxCalls is null ? 0 : 1) + (Rate is null ? 0 : 1) + (Environment is null ? 0 : 1) + (NotAfter is null ? 0 : 1);

    /// <summary>
    /// The name of the first constraint that is stated here and wider than <paramref name="parent"/> states it; null when there is none.
    /// What is left out is not wider: it is inherited (<see cref="TightenedBy"/>).
    /// </summary>
    public string? WiderThan(ScopeConstraints parent)
    {
        if (MaxCalls > parent.MaxCalls)
        {
            return "max_calls";
        }

        if (Rate is { } rate && parent.Rate is { } parentRate && !rate.IsWithin(parentRate))
        {
            return "rate";
        }

        if (Environment is not null && parent.Environment is not null && Environment != parent.Environment)
        {
            return "environment";
        }

        return NotAfter is { } end && parent.NotAfter is { } parentEnd && end > parentEnd ? "not_after" : null;
    }

    /// <summary>These constraints with every one that is left out taken from <paramref name="parent"/>; the same object when nothing is.</summary>
    public ScopeConstraints TightenedBy(ScopeConstraints parent)
    {
        var tightened = new ScopeConstraints(
            ReadOnly || parent.ReadOnly, MaxCalls ?? parent.MaxCalls, Rate ?? parent.Rate, Environment ?? parent.Environment, NotAfter ?? parent.NotAfter);
        return tightened == this ? this : tightened;
    }

    // INVARIANT S3: constraints only tighten.
    internal bool IsWithin(ScopeConstraints parent) =>
        (ReadOnly || !parent.ReadOnly)
        && (MaxCalls ?? long.MaxValue) <= (parent.MaxCalls ?? long.MaxValue)
        && (parent.Rate is not { } parentRate || (Rate is { } rate && rate.IsWithin(parentRate)))
        && (parent.Environment is null || Environment == parent.Environment)
        && (NotAfter ?? Instant.Never) <= (parent.NotAfter ?? Instant.Never);
}
