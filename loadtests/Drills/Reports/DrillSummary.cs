using System.Text;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Drills.Reports;

/// <summary>The report of a drill for pasting, as Markdown.</summary>
internal static class DrillSummary
{
    /// <summary>Writes it.</summary>
    public static string Write(RunReport report, RunStamp stamp)
    {
        var (text, machine) = (new StringBuilder(), report.Machine);
        text.Append($"Fabric, {report.Scenario}: {stamp.Date}, commit {stamp.Commit}, {machine.Cpu}, {machine.Cores} cores, {machine.Runtime}; `{stamp.Command}`\n\n");
        text.Append("| metric | value | unit | bar | |\n|---|---|---|---|---|\n");
        foreach (var metric in report.Metrics)
        {
            text.Append($"| {metric.Name} | {Metric.Format(metric.Value)} | {metric.Unit} | {Bar.Of(metric.Name)?.ToString() ?? ""} | {Verdict(metric)} |\n");
        }

        text.Append('\n');
        foreach (var line in report.PromisesBroken.Select(each => $"PROMISE BROKEN: {each}").Concat(report.Notes))
        {
            text.Append($"- {line}\n");
        }

        return text.ToString();
    }

    /// <summary>Whether a metric's bar is met; empty without a bar.</summary>
    public static string Verdict(Metric metric) => Bar.Of(metric.Name) is { } bar ? bar.IsMetBy(metric.Value) ? "met" : "NOT MET" : "";
}
