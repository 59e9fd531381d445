using Fabric.Grains.Feed;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>What a grain that starts says when the database does not answer.</summary>
internal static class StorageFaults
{
    /// <summary>
    /// Runs a read. Throws <see cref="FeedLogLostException"/>, which travels between silos, in the place of the database's own exceptions, which do not: their caller would be told of a
    /// message that it cannot read.
    /// </summary>
    internal static async Task TellAsync(Func<Task> read)
    {
        try
        {
            await read();
        }
        catch (NpgsqlException error)
        {
            throw new FeedLogLostException($"the database does not answer: {error.GetType().Name} {error.SqlState}");
        }
    }
}
