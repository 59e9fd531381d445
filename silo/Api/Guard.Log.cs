namespace Fabric.Silo.Api;

internal static partial class GuardLog
{
    [LoggerMessage(3001, LogLevel.Error, "request to {Endpoint} failed")]
    public static partial void RequestFailed(this ILogger log, string endpoint, Exception fault);
}
