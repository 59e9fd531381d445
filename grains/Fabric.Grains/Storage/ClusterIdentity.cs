using System.Security.Cryptography;
using Fabric.Core.Lineages;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>What all silos of a cluster have in common and nobody may lose: the feed's epoch, the handles' salt, and which master key it is sealed under.</summary>
internal sealed record ClusterIdentity(ulong Epoch, ReadOnlyMemory<byte> Salt)
{
    /// <summary>Reads it, or makes it with the first silo. Throws <see cref="SchemaException"/> when the master key is another one.</summary>
    internal static async Task<ClusterIdentity> OpenAsync(NpgsqlDataSource database, KeySealer sealer, CancellationToken cancellation)
    {
        var epoch = await ValueAsync(database, "epoch", RandomNumberGenerator.GetBytes(8), cancellation).ConfigureAwait(false);
        var salt = await ValueAsync(database, "salt", RandomNumberGenerator.GetBytes(HandleSpace.SaltSize), cancellation).ConfigureAwait(false);
        var check = await ValueAsync(database, "master-key-check", sealer.CheckValue, cancellation).ConfigureAwait(false);
        if (!sealer.Matches(check))
        {
            throw new SchemaException("the master key is not the one that this cluster's keys are sealed under: give the right key back, the data is intact");
        }

        return new ClusterIdentity(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(epoch) | 1, salt);
    }

    // The first one to come writes it, everybody reads what was written.
    private static async Task<byte[]> ValueAsync(NpgsqlDataSource database, string name, byte[] first, CancellationToken cancellation)
    {
        await using var insert = database.CreateCommand("INSERT INTO fabric_meta (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        LogTables.Add(insert.Parameters, name, first);
        await insert.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await using var read = database.CreateCommand("SELECT value FROM fabric_meta WHERE name = $1");
        LogTables.Add(read.Parameters, name);
        return (byte[])(await read.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }
}
