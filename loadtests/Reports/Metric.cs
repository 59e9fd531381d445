namespace Fabric.LoadTests.Reports;

/// <summary>One measured value.</summary>
internal sealed record Metric(string Name, double Value, string Unit)
{
    /// <summary>A number as people read it.</summary>
    public static string Format(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("N0"),
        >= 100 => value.ToString("0.#"),
        >= 1 => value.ToString("0.##"),
        0 => "0",
        _ => value.ToString("0.####"),
    };
}
