using Fabric.Core.Common;
using Npgsql;

namespace Fabric.Grains.Storage;

/// <summary>The audit's table.</summary>
internal sealed class AuditTables(NpgsqlDataSource database) : IAuditStore
{
    public async Task WriteAsync(IReadOnlyList<AuditLine> lines, byte[]? report, Instant now)
    {
        await using var connection = await database.OpenConnectionAsync().ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        if (report is null || await IsNewAsync(connection, report, now).ConfigureAwait(false))
        {
            await using var batch = new NpgsqlBatch(connection, transaction);
            AuditCommands.Add(batch, lines);
            if (batch.BatchCommands.Count > 0)
            {
                await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
        }

        await transaction.CommitAsync().ConfigureAwait(false);
    }

    private static async Task<bool> IsNewAsync(NpgsqlConnection connection, byte[] report, Instant now)
    {
        await using var command = new NpgsqlCommand("INSERT INTO fabric_usage_reports (name, at_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING", connection);
        LogTables.Add(command.Parameters, report, now.UnixMs);
        return await command.ExecuteNonQueryAsync().ConfigureAwait(false) == 1;
    }
}
