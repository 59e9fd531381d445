using Fabric.Core.Common;

namespace Fabric.Core.Sessions;

/// <summary>A lifetime that was cut to its parent's (S2): what was asked for, what was given, and which limit cut it.</summary>
public sealed record Clamp(TimeSpan Requested, TimeSpan Granted, string LimitedBy)
{
    /// <summary>
    /// The moment <paramref name="requested"/> from now, no later than any of the limits; and the clamp when one of them cut it.
    /// INVARIANT S2: nothing outlives what it comes from.
    /// </summary>
    public static (Instant ExpiresAt, Clamp? Clamp) Cut(Instant now, TimeSpan requested, params ReadOnlySpan<(Instant Until, string Name)> limits)
    {
        var expires = now + requested;
        string? limitedBy = null;
        foreach (var (until, name) in limits)
        {
            if (until < expires)
            {
                (expires, limitedBy) = (until, name);
            }
        }

        return (expires, limitedBy is null ? null : new Clamp(requested, expires - now, limitedBy));
    }
}
