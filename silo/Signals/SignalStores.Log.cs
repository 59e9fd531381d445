namespace Fabric.Silo.Signals;

internal static partial class SignalStoresLog
{
    [LoggerMessage(3305, LogLevel.Error, "stream {Stream} of signals of tenant {Tenant} cannot be read and is left out, the others are not: what is wrong stands at {Path}")]
    public static partial void StreamUnreadable(this ILogger log, string stream, string tenant, string? path);
}
