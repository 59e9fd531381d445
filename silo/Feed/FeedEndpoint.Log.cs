namespace Fabric.Silo.Feed;

internal static partial class FeedEndpointLog
{
    [LoggerMessage(3101, LogLevel.Information, "an enforcement point of {Caller} connected")]
    public static partial void EdgeConnected(this ILogger log, string caller);

    [LoggerMessage(3102, LogLevel.Information, "an enforcement point of {Caller} left: {Code}")]
    public static partial void EdgeLeft(this ILogger log, string caller, string code);
}
