using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Scenarios;

/// <summary>What a scenario runs with.</summary>
internal sealed record ScenarioRun(ScenarioOptions Options, RunReport Report, RunLog Log, CancellationToken Cancellation)
{
    /// <summary>The count that was asked for, or the full one; a smaller one marks the report as a short run.</summary>
    public int CountOr(int full) => Sized(Options.Count, full);

    /// <summary>The time that was asked for, or the full one; a smaller one marks the report as a short run.</summary>
    public TimeSpan SecondsOr(int full) => TimeSpan.FromSeconds(Sized(Options.Seconds, full));

    private int Sized(int? asked, int full)
    {
        var size = Math.Max(1, asked ?? full);
        Report.IsFullSize &= size >= full;
        return size;
    }
}
