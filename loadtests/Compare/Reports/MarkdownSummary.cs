using System.Text;
using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Compare.Reports;

/// <summary>The report for pasting.</summary>
internal static class MarkdownSummary
{
    /// <summary>Writes it.</summary>
    public static string Write(RunReport report, IReadOnlyList<PairResult> results, RunStamp stamp)
    {
        var (text, machine) = (new StringBuilder(), report.Machine);
        text.Append($"Fabric, side by side: {stamp.Date}, commit {stamp.Commit}, {machine.Cpu}, {machine.Cores} cores, {machine.Runtime}; `{stamp.Command}`\n\n");
        text.Append("| pair | Fabric | peer | times better (spread) | bar | | CPU an operation, client + server: Fabric | peer |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var result in results)
        {
            var spec = result.Spec;
            text.Append($"| {PairText.Short(spec)} | {spec.FabricWork}: {PairText.Value(result.Values.Fabric, spec.Unit)} | {spec.PeerWork}: {PairText.Value(result.Values.Peer, spec.Unit)} ")
                .Append($"| {PairText.Spread(result)} | {PairText.BarOf(spec)} | {PairText.Verdict(result)} ")
                .Append($"| {PairText.Cpu(result.CpuUs(round => round.Fabric))} | {PairText.Cpu(result.CpuUs(round => round.Peer))} |\n");
        }

        text.Append('\n');
        foreach (var line in report.PromisesBroken.Select(each => $"PROMISE BROKEN: {each}").Concat(report.Notes))
        {
            text.Append($"- {line}\n");
        }

        return text.ToString();
    }
}
