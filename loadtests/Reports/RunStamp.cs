using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Reports;

/// <summary>What every written report says of its run, beside the machine: so that somebody else can do it again.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Commit">Of which commit the build is, and whether something was changed since; `unknown` outside of a checkout.</param>
/// <param name="Command">What was run.</param>
internal sealed record RunStamp(DateTimeOffset At, string Commit, string Command)
{
    private const int ShaLength = 12;

    /// <summary>The moment, as reports tell it.</summary>
    public string Date => $"{At:yyyy-MM-dd HH:mm} UTC";

    /// <summary>The stamp of a run that has just ended.</summary>
    public static RunStamp Of(ParseResult parsed) => new(TimeProvider.System.GetUtcNow(), ReadCommit(), CommandOf(parsed.Tokens.Select(token => token.Value)));

    /// <summary>The whole command. Files by their names alone: where somebody keeps them is not the report's business.</summary>
    public static string CommandOf(IEnumerable<string> arguments)
    {
        var configuration = typeof(RunStamp).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Release";
        var told = arguments.Select(argument => Path.IsPathRooted(argument) || Path.HasExtension(argument) ? Path.GetFileName(argument) : argument);
        var host = SiloProcess.HostFolder is null ? "" : $"{SiloProcess.HostVariable}=(a published host) ";
        return $"{host}{Prefix}dotnet run -c {configuration} --project loadtests -- {string.Join(' ', told)}".TrimEnd();
    }

    private static string Prefix =>
#if FABRIC_ORLEANS
        "FabricEngine=Orleans ";
#else
        "";
#endif

    // The checkout that the program was built in: results that are written into it while it runs are no change of what was measured.
    private static string ReadCommit()
    {
        if (Git("rev-parse", "HEAD") is not { Length: > ShaLength } sha)
        {
            return "unknown";
        }

        return Git("status", "--porcelain", "--", ":(top)", ":(top,exclude)docs") is "" ? sha[..ShaLength] : $"{sha[..ShaLength]} and changes";
    }

    // Null: there is no git, no checkout, or no answer.
    private static string? Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])["-C", AppContext.BaseDirectory, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var git = Process.Start(start);
            var said = git?.StandardOutput.ReadToEnd();
            git?.WaitForExit();
            return git?.ExitCode == 0 ? said?.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
