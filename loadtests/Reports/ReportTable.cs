using Spectre.Console;

namespace Fabric.LoadTests.Reports;

/// <summary>The report for people: every value with its bar, then the notes, then what broke.</summary>
internal static class ReportTable
{
    /// <summary>Prints runs as one table.</summary>
    public static void Print(IReadOnlyList<RunReport> reports)
    {
        if (Console.IsOutputRedirected)
        {
            PrintPlain(reports);
        }
        else
        {
            PrintTable(reports);
        }

        foreach (var report in reports)
        {
            PrintRest(report);
        }
    }

    private static void PrintTable(IReadOnlyList<RunReport> reports)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumn("metric").AddColumn(new TableColumn("value").RightAligned()).AddColumn("unit").AddColumn("bar").AddColumn("");
        foreach (var report in reports)
        {
            foreach (var metric in report.Metrics)
            {
                var verdict = Verdict(report, metric);
                var colour = verdict.StartsWith("met", StringComparison.Ordinal) ? "green" : "red";
                table.AddRow(
                    Markup.Escape(metric.Name), Metric.Format(metric.Value), Markup.Escape(metric.Unit), Bar.Of(metric.Name)?.ToString() ?? "",
                    verdict.Length == 0 ? "" : $"[{colour}]{verdict}[/]");
            }
        }

        AnsiConsole.Write(table);
    }

    private static void PrintPlain(IReadOnlyList<RunReport> reports)
    {
        var name = Math.Max(10, reports.SelectMany(report => report.Metrics).Select(metric => metric.Name.Length).DefaultIfEmpty().Max());
        foreach (var report in reports)
        {
            foreach (var metric in report.Metrics)
            {
                var bar = Bar.Of(metric.Name)?.ToString() ?? "";
                Console.WriteLine($"{metric.Name.PadRight(name)}  {Metric.Format(metric.Value),14} {metric.Unit,-16} {bar,-14} {Verdict(report, metric)}".TrimEnd());
            }
        }
    }

    private static void PrintRest(RunReport report)
    {
        foreach (var note in report.Notes)
        {
            Console.WriteLine($"{report.Scenario}: {note}");
        }

        foreach (var broken in report.PromisesBroken)
        {
            Console.WriteLine($"{report.Scenario}: PROMISE BROKEN: {broken}");
        }
    }

    private static string Verdict(RunReport report, Metric metric)
    {
        if (Bar.Of(metric.Name) is not { } bar)
        {
            return "";
        }

        return (bar.IsMetBy(metric.Value) ? "met" : "NOT MET") + (report.IsFullSize ? "" : " (short run)");
    }
}
