using Fabric.Core.Lineages;

namespace Fabric.Core.Quotas;

/// <summary>
/// A counter that a call must draw one unit from. <paramref name="PeriodMs"/> 0: <paramref name="Limit"/> calls in all (`max_calls`);
/// else <paramref name="Limit"/> calls in each fixed window of that many milliseconds (`rate`).
/// </summary>
public readonly record struct QuotaRef(Handle Id, long Limit, long PeriodMs);
