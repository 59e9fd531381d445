namespace Fabric.Core.Scopes;

/// <summary>At most <paramref name="Calls"/> calls in each fixed window of <paramref name="PerSeconds"/> seconds. Rates of different windows do not compare.</summary>
public readonly record struct CallRate(long Calls, int PerSeconds)
{
    /// <summary>Whether a holder of this rate may never make more calls than a holder of <paramref name="other"/>; false when the windows differ.</summary>
    public bool IsWithin(CallRate other) => PerSeconds == other.PerSeconds && Calls <= other.Calls;
}
