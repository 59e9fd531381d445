namespace Fabric.Benchmarks.Baselines;

/// <summary>Holds what was measured against the baseline.</summary>
internal static class BaselineJudge
{
    /// <summary>How much longer than in the baseline a benchmark may take. Multiples of a limit swing by up to a third between runs of the same code on a machine that others use too.</summary>
    public const double SlowerMax = 1.5;

    /// <summary>
    /// What an operation may allocate: what the baseline says, and one byte in 200 more. The platform's code for signatures allocates a byte more or less with the numbers that a
    /// signature happens to have; where the baseline has few bytes or none, it is exact.
    /// </summary>
    public static long AllowedBytes(Measured baseline) => baseline.AllocatedBytes + (baseline.AllocatedBytes / 200);

    /// <summary>What got worse, or cannot be compared; empty when all is well.</summary>
    public static IReadOnlyList<string> Judge(IReadOnlyDictionary<string, Measured> baseline, IReadOnlyDictionary<string, Measured> now) =>
    [
        .. now.OrderBy(each => each.Key, StringComparer.Ordinal).SelectMany(each => Of(each.Key, baseline.GetValueOrDefault(each.Key), each.Value)),
        .. baseline.Keys.Except(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => $"{name}: is in the baseline, and was not measured"),
    ];

    /// <summary>Whether a benchmark takes longer than it may.</summary>
    public static bool IsSlower(Measured baseline, Measured now) => !(now.TimesLimit <= baseline.TimesLimit * SlowerMax);

    private static IEnumerable<string> Of(string name, Measured? baseline, Measured now)
    {
        if (baseline is null || baseline.Limit != now.Limit)
        {
            yield return $"{name}: is not in the baseline as a multiple of {now.Limit}; `compare --update` puts it there";
            yield break;
        }

        if (now.AllocatedBytes > AllowedBytes(baseline))
        {
            yield return $"{name}: allocates {now.AllocatedBytes:N0} bytes instead of {baseline.AllocatedBytes:N0}";
        }

        if (IsSlower(baseline, now))
        {
            yield return $"{name}: takes {now.TimesLimit:G3} times {now.Limit} instead of {baseline.TimesLimit:G3}: more than {SlowerMax:0.##} times as long";
        }
    }
}
