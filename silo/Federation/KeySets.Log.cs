namespace Fabric.Silo.Federation;

internal static partial class KeySetsLog
{
    [LoggerMessage(3201, LogLevel.Warning, "the keys of issuer {Issuer} cannot be had: its {Part}: {Fault}")]
    public static partial void KeysUnavailable(this ILogger log, string issuer, string part, string fault);
}
