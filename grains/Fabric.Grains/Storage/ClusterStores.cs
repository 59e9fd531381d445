using Fabric.Grains.Storage.InMemory;
using Microsoft.Extensions.Logging;

namespace Fabric.Grains.Storage;

/// <summary>Which store a silo is set up with.</summary>
internal static partial class ClusterStores
{
    /// <summary>Opens it. Throws <see cref="ArgumentException"/> unless it is exactly one.</summary>
    internal static IClusterStore Open(ClusterOptions options, ILoggerFactory logs)
    {
        // INVARIANT D1: memory is never what is left when a setting is missing: it is handed over as an object, and with nothing else.
        if (string.IsNullOrWhiteSpace(options.ConnectionString) == options.Memory is null)
        {
            throw new ArgumentException("a silo has either a database or, in a demonstration alone, the memory of its process: name the PostgreSQL database", nameof(options));
        }

        if (options.Memory is { } memory)
        {
            if (!memory.IsTold)
            {
                memory.IsTold = true;
                NothingDurable(logs.CreateLogger("Fabric.Grains.Storage"));
            }

            return new MemoryStore(memory, options);
        }

        return new PostgresStore(options.ConnectionString);
    }

    [LoggerMessage(
        2013, LogLevel.Critical, "NOTHING IS DURABLE: the silos of this process keep everything, revocations too, in its memory, and all of it is gone with the process. For demonstrations alone")]
    private static partial void NothingDurable(ILogger logger);
}
