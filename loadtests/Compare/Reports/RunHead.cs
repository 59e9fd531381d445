using Fabric.LoadTests.Measure;
using Fabric.LoadTests.Reports;

namespace Fabric.LoadTests.Compare.Reports;

/// <summary>What stands at the head of every page: machine, date, commit and command.</summary>
internal static class RunHead
{
    /// <summary>Writes it.</summary>
    public static string Write(MachineInfo machine, RunStamp stamp) => Html.Text(
        $"{stamp.Date}, commit {stamp.Commit}; {machine.Cpu}, {machine.Cores} cores, {machine.MemoryMb:N0} MB, {machine.Os}, {machine.Runtime}; ES256 signs in {machine.Es256SignUs:0.0} us.")
        + $"<code class=\"command\">{Html.Text(stamp.Command)}</code>";
}
