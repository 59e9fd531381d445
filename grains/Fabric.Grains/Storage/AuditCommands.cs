using Npgsql;
using NpgsqlTypes;

namespace Fabric.Grains.Storage;

/// <summary>Audit records as statements of a batch.</summary>
internal static class AuditCommands
{
    private const string Columns =
        "sequence, at_ms, kind, tenant, user_name, agent, session, credential, tool, action, resource, purpose, reason, by_name, delegated_from, revision, count, first_ms, last_ms, detail";

    /// <summary>Adds them in their order: those with a list of credentials one by one, the rest of a stretch together.</summary>
    internal static void Add(NpgsqlBatch batch, IReadOnlyList<AuditLine> lines)
    {
        var stretch = new List<AuditLine>();
        foreach (var line in lines)
        {
            stretch.Add(line);
            if (line.Credentials is { } ids)
            {
                Flush(batch, stretch, [.. ids.Select(Uuid.Of)]);
            }
        }

        Flush(batch, stretch, null);
    }

    // The list belongs to the last line.
    private static void Flush(NpgsqlBatch batch, List<AuditLine> lines, Guid[]? list)
    {
        var plain = list is null ? lines : lines[..^1];
        if (plain.Count > 0)
        {
            Unnest(batch, plain, $"""
                INSERT INTO fabric_audit ({Columns})
                SELECT {Columns} FROM {Rows} ORDER BY n
                """);
        }

        if (list is not null)
        {
            Unnest(batch, lines[^1..], $"""
                INSERT INTO fabric_audit ({Columns}, credentials)
                SELECT {Columns}, $21::uuid[] FROM {Rows}
                """).Parameters.Add(new NpgsqlParameter { Value = list });
        }

        lines.Clear();
    }

    private const string Rows = $"""
        unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[],
               $13::text[], $14::text[], $15::uuid[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::text[]) WITH ORDINALITY AS line ({Columns}, n)
        """;

    private static NpgsqlBatchCommand Unnest(NpgsqlBatch batch, List<AuditLine> lines, string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        Numbers(line => line.Sequence);
        Numbers(line => line.AtMs);
        Texts(line => line.Kind);
        Texts(line => line.Tenant);
        Texts(line => line.User);
        Texts(line => line.Agent);
        Ids(line => line.Session);
        Ids(line => line.Credential);
        Texts(line => line.Tool);
        Texts(line => line.Action);
        Texts(line => line.Resource);
        Texts(line => line.Purpose);
        Texts(line => line.Reason);
        Texts(line => line.By);
        Ids(line => line.DelegatedFrom);
        Numbers(line => (long)line.Revision);
        Numbers(line => line.Count);
        Numbers(line => line.FirstMs);
        Numbers(line => line.LastMs);
        Texts(line => line.Detail);
        batch.BatchCommands.Add(command);
        return command;

        void Numbers(Func<AuditLine, long> select) => command.Parameters.Add(new NpgsqlParameter { Value = lines.ConvertAll(line => select(line)).ToArray() });

        void Texts(Func<AuditLine, string?> select) => command.Parameters.Add(
            new NpgsqlParameter { Value = lines.ConvertAll(line => select(line)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });

        void Ids(Func<AuditLine, UInt128> select) => command.Parameters.Add(
            new NpgsqlParameter { Value = lines.ConvertAll(line => Uuid.OrNull(select(line))).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
    }
}
