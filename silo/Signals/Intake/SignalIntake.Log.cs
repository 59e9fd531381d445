namespace Fabric.Silo.Signals.Intake;

internal static partial class SignalIntakeLog
{
    [LoggerMessage(3311, LogLevel.Information, "issuer {Issuer} of tenant {Tenant}: {Event} is about no user of the tenant")]
    public static partial void EventOfNobody(this ILogger log, string issuer, string tenant, string @event);

    [LoggerMessage(3312, LogLevel.Warning, "issuer {Issuer} of tenant {Tenant}: an event waits and is not in force yet; it waits for: {What}")]
    public static partial void EventWaits(this ILogger log, string issuer, string tenant, WaitsFor what);

    [LoggerMessage(3313, LogLevel.Error, "issuer {Issuer} of tenant {Tenant}: an event that waits for {What} could not be kept ({Code}); its transmitter was told to send it again")]
    public static partial void EventNotKept(this ILogger log, string issuer, string tenant, WaitsFor what, string code);

    [LoggerMessage(3314, LogLevel.Error, "issuer {Issuer} of tenant {Tenant}: given up, since what they waited for did not come: {Count} events, which waited for {What}")]
    public static partial void EventsGivenUp(this ILogger log, string issuer, string tenant, int count, WaitsFor what);

    [LoggerMessage(3315, LogLevel.Warning, "issuer {Issuer} of tenant {Tenant}: {Count} events that have waited were none of the issuer's, or came too late ({Code})")]
    public static partial void EventsWereNone(this ILogger log, string issuer, string tenant, int count, string code);

    [LoggerMessage(3319, LogLevel.Warning, "issuer {Issuer} of tenant {Tenant}: an event was carried out and not remembered, since too many are: sent again, it would be carried out again")]
    public static partial void EventNotRemembered(this ILogger log, string issuer, string tenant);

    [LoggerMessage(3320, LogLevel.Error, "issuer {Issuer} of tenant {Tenant}: a user's sessions are ended, and tokens that were made before could not be ruled out, since too many are: one of them can still be exchanged")]
    public static partial void FloorNotKept(this ILogger log, string issuer, string tenant);

    [LoggerMessage(3317, LogLevel.Error, "issuer {Issuer} of tenant {Tenant}: polling its events ended with an error; it is polled again")]
    public static partial void PollBroke(this ILogger log, string issuer, string tenant, Exception fault);

    [LoggerMessage(3318, LogLevel.Warning, "issuer {Issuer} of tenant {Tenant}: its events cannot be polled: {Error}; it is tried again, ever rarer")]
    public static partial void PollFailed(this ILogger log, string issuer, string tenant, string error);

    [LoggerMessage(3316, LogLevel.Error, "events that wait cannot be looked at; they are again in a moment")]
    public static partial void WaitingBroke(this ILogger log, Exception fault);
}
