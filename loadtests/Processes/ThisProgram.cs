using System.Diagnostics;
using System.Globalization;

namespace Fabric.LoadTests.Processes;

/// <summary>This program once more, in a process of its own.</summary>
internal static class ThisProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

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

    /// <summary>Ends one that was started so: by the end of its input, and by force when that takes too long.</summary>
    public static async Task EndAsync(Process process)
    {
        if (process.HasExited)
        {
            return;
        }

        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }
    }
}
