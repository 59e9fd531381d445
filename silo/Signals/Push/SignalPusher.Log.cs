namespace Fabric.Silo.Signals.Push;

internal static partial class SignalPusherLog
{
    [LoggerMessage(3301, LogLevel.Warning, "stream {Stream} of signals: its receiver has not taken an event: {Error}; it is tried again, ever rarer")]
    public static partial void PushFailed(this ILogger log, string stream, string error);

    [LoggerMessage(3302, LogLevel.Warning, "stream {Stream} of signals: its events cannot be read or signed now: {Code}")]
    public static partial void PushWaits(this ILogger log, string stream, string code);

    [LoggerMessage(3303, LogLevel.Error, "stream {Stream} of signals: pushing it ended with an error; it is taken up again")]
    public static partial void PushBroke(this ILogger log, string stream, Exception fault);

    [LoggerMessage(3304, LogLevel.Error, "streams of signals cannot be looked for; they are again in a moment")]
    public static partial void LookBroke(this ILogger log, Exception fault);
}
