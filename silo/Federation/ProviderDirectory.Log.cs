namespace Fabric.Silo.Federation;

internal static partial class ProviderDirectoryLog
{
    [LoggerMessage(3202, LogLevel.Warning, "users cannot sign in at issuer {Issuer}: {Fault}")]
    public static partial void LoginFailed(this ILogger log, string issuer, string fault);
}
