using Fabric.Core.Common;

namespace Fabric.Core.Checks;

/// <summary>The clocks of a process, which Core never reads by itself. Any thread; called in every check, so cheap and without allocation.</summary>
public interface ICheckClock
{
    /// <summary>Both clocks at one moment, not earlier than the call began.</summary>
    CheckMoment Read();
}

/// <summary>
/// A moment on two clocks: the wall clock, for expiries and locks, and the monotonic one, for leases, in milliseconds since some start. The monotonic one
/// never stands still while the process does (R2).
/// </summary>
public readonly record struct CheckMoment(Instant Now, long MonotonicMs);
