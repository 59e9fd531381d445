using Microsoft.Extensions.Logging.Console;

namespace Fabric.Silo.Hosting;

/// <summary>The log: to the standard error, as text or JSON. Nothing but answers of the command line goes to the standard output.</summary>
internal static class SiloLogging
{
    public static ILoggerFactory Make(SiloOptions options, LogLevel least = LogLevel.Information) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(least);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Hosting.Lifetime", least);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (options.LogFormat == "json")
        {
            logging.AddJsonConsole(json => json.UseUtcTimestamp = true);
        }
        else
        {
            logging.AddSimpleConsole(text => (text.SingleLine, text.TimestampFormat, text.UseUtcTimestamp) = (true, "HH:mm:ss.fff ", true));
        }
    });
}
