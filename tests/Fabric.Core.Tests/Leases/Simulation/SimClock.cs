namespace Fabric.Core.Tests.Leases.Simulation;

/// <summary>A monotonic clock that starts anywhere and runs off by some parts in a million of true time.</summary>
internal readonly record struct SimClock(long OffsetUs, long DriftPpm)
{
    /// <summary>The most that a correct clock runs off.</summary>
    public const long DriftPpmMax = 1_000;

    public static SimClock Any(Random random) => new(random.NextInt64(1, 1_000_000_000), random.Next(3) switch
    {
        0 => -DriftPpmMax,
        1 => DriftPpmMax,
        _ => random.NextInt64(-DriftPpmMax, DriftPpmMax + 1),
    });

    public TimeSpan Read(long trueUs) => TimeSpan.FromTicks((10 * (OffsetUs + trueUs)) + (trueUs * DriftPpm / 100_000));

    /// <summary>How much true time passes before this clock has moved on by a span, rounded up.</summary>
    public long TrueUsFor(TimeSpan span) => (long)(span.Ticks / 10.0 / (1 + (DriftPpm / 1e6))) + 2;
}
