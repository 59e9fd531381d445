using System.Text;

namespace Fabric.LoadTests.Reports.Written;

/// <summary>The page over a folder of results: each run with its commit and command, and every bar, met or not.</summary>
internal static class ResultsIndex
{
    /// <summary>The name of the page.</summary>
    public const string FileName = "index.md";

    /// <summary>Reads all runs in a folder and writes the page beside them; returns how many there are. Throws <see cref="LoadException"/> when there are none, or when one cannot be read.</summary>
    public static int Write(DirectoryInfo folder)
    {
        if (!folder.Exists)
        {
            throw new LoadException($"there is no folder {folder.Name}");
        }

        var files = folder.GetFiles();
        var runs = files.Where(file => file.Extension == ".json").OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => WrittenRun.Parse(Path.GetFileNameWithoutExtension(file.Name), File.ReadAllText(file.FullName))).ToList();
        if (runs.Count == 0)
        {
            throw new LoadException($"no run has written its JSON into {folder.Name}");
        }

        File.WriteAllText(Path.Combine(folder.FullName, FileName), Format(runs, files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal)));
        return runs.Count;
    }

    /// <summary>The page's text. <paramref name="files"/>: the names of what lies in the folder, which is linked where there is such.</summary>
    public static string Format(IReadOnlyList<WrittenRun> runs, IReadOnlySet<string> files)
    {
        var text = new StringBuilder("# Results\n\nWritten by `dotnet run -c Release --project loadtests -- report` from the runs' JSON; what the values mean stands in each run's page.\n\n");
        foreach (var machine in runs.Select(run => run.Machine).Distinct(StringComparer.Ordinal))
        {
            text.Append($"Machine: {Plain(machine)}.\n");
        }

        text.Append("\n| run | date | commit | size | promises | bars met | more |\n|---|---|---|---|---|---|---|\n");
        foreach (var run in runs)
        {
            text.Append($"| {Plain(run.Name)} | {run.Stamp.Date} | {Plain(run.Stamp.Commit)} | {(run.IsFullSize ? "full" : "short")} ")
                .Append($"| {(run.Broken.Count == 0 ? "kept" : $"**{run.Broken.Count} broken**")} | {run.Bars.Count(bar => bar.IsMet)} of {run.Bars.Count} | {Links(run, files)} |\n");
        }

        text.Append("\n## Bars\n\n| metric | value | unit | bar | | run |\n|---|---|---|---|---|---|\n");
        foreach (var (run, bar) in runs.SelectMany(run => run.Bars.Select(bar => (run, bar))))
        {
            text.Append($"| {Plain(bar.Metric)} | {Metric.Format(bar.Value)} | {Plain(bar.Unit)} | {Plain(bar.Bar)} | {(bar.IsMet ? "met" : "**not met**")} | {Plain(run.Name)} |\n");
        }

        text.Append("\n## Commands\n\n");
        foreach (var run in runs)
        {
            text.Append($"    {run.Stamp.Command}\n");
        }

        foreach (var (run, promise) in runs.SelectMany(run => run.Broken.Select(promise => (run, promise))))
        {
            text.Append($"\n{Plain(run.Name)}: PROMISE BROKEN: {Plain(promise)}\n");
        }

        return text.ToString();
    }

    private static string Links(WrittenRun run, IReadOnlySet<string> files) => string.Join(", ", new[] { ("page", ".html"), ("summary", ".md"), ("JSON", ".json") }
        .Where(each => files.Contains(run.Name + each.Item2)).Select(each => $"[{each.Item1}]({run.Name}{each.Item2})"));

    // A cell of a table stays one.
    private static string Plain(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
