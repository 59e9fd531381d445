using System.CommandLine;

namespace Fabric.Silo.Verbs;

/// <summary>Says on the standard error what went wrong.</summary>
internal static class Complaint
{
    public static int Say(ParseResult parsed, string message, int code = ExitCodes.Failed)
    {
        parsed.InvocationConfiguration.Error.WriteLine($"fabric: {message}");
        return code;
    }
}
