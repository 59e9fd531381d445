using System.Globalization;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Compare.Reports;

/// <summary>A pair in words.</summary>
internal static class PairText
{
    /// <summary>Its name as people read it: `check, redis get`.</summary>
    public static string Short(PairSpec spec)
    {
        var words = spec.Name[(spec.Name.IndexOf('.', StringComparison.Ordinal) + 1)..].Split('_', 2);
        return words is [var work, var peer] ? $"{work}: {peer.Replace('_', ' ')}" : spec.Name;
    }

    /// <summary>The median ratio, and from where to where the rounds went.</summary>
    public static string Spread(PairResult result) =>
        $"{Metric.Format(result.Ratio)} ({Metric.Format(result.Ratios.Min())} to {Metric.Format(result.Ratios.Max())})";

    /// <summary>Whether the bar is met; empty without a bar.</summary>
    public static string Verdict(PairResult result) => Bar.Of(result.Spec.Name) is { } bar ? bar.IsMetBy(result.Ratio) ? "met" : "NOT MET" : "";

    /// <summary>The bar; empty without one.</summary>
    public static string BarOf(PairSpec spec) => Bar.Of(spec.Name)?.ToString() ?? "";

    /// <summary>A value with its unit.</summary>
    public static string Value(double value, string unit) => $"{Metric.Format(value)} {unit}";

    /// <summary>Processor time an operation: client and server.</summary>
    public static string Cpu((double Client, double Server) us) => $"{Metric.Format(us.Client)} + {Metric.Format(us.Server)} us";

    /// <summary>A mark of a time axis.</summary>
    public static string Milliseconds(double ms) => ms >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{ms:0.###} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{ms * 1e3:0.###} us");
}
