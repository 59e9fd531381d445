namespace Fabric.Benchmarks.Baselines;

/// <summary>What one benchmark costs.</summary>
/// <param name="Limit">The machine's limit that bounds it.</param>
/// <param name="TimesLimit">Its time as a multiple of the limit's, measured beside it.</param>
/// <param name="AllocatedBytes">What an operation allocates on its thread, rounded up.</param>
internal sealed record Measured(string Limit, double TimesLimit, long AllocatedBytes);
