using System.Diagnostics;
using System.Globalization;

namespace Fabric.LoadTests.Processes;

/// <summary>This program once more, in a process of its own.</summary>
internal static class ThisProgram
{
    /// <summary>How to start it with a hidden verb, told what to do over its standard input. <paramref name="nice"/>: how far it stands back for others, 0 to 19 (nice(1)).</summary>
    public static ProcessStartInfo Again(int nice, params string[] arguments)
    {
        var app = Path.Combine(AppContext.BaseDirectory, "Fabric.LoadTests");
        string[] command = File.Exists(app) ? [app, .. arguments] : ["dotnet", app + ".dll", .. arguments];

        // nice(1) becomes the program, so that all of its threads stand back: the priority of a process that runs already is its first thread's alone.
        command = nice == 0 ? command : ["nice", "-n", nice.ToString(CultureInfo.InvariantCulture), .. command];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
