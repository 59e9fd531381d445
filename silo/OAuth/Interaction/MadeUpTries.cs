using Fabric.Core.Common;

namespace Fabric.Silo.OAuth.Interaction;

/// <summary>
/// Counts tries at users who do not sign in here, in memory of one size, so that they are answered as tries at others are. Two names may share a counter: such users do not exist, and nobody
/// misses them.
/// </summary>
internal sealed class MadeUpTries(int most, TimeSpan window)
{
    private const int Counters = 1 << 16;

    private readonly Lock _gate = new();
    private readonly (Instant Until, int Count)[] _tries = new (Instant, int)[Counters];

    /// <summary>Counts a try; false past the most in a window.</summary>
    public bool TryTake(string tenant, string user, Instant now)
    {
        // The runtime's hash of texts has a secret of the process: nobody aims at a counter.
        var at = HashCode.Combine(tenant, user) & (Counters - 1);
        lock (_gate)
        {
            ref var tries = ref _tries[at];
            tries = now >= tries.Until ? (now + window, 1) : (tries.Until, tries.Count + 1);
            return tries.Count <= most;
        }
    }
}
