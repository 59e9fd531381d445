using Fabric.Contracts.Changes;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Sessions;
using Npgsql;

namespace Fabric.Cluster.Tests.Processes;

/// <summary>Reads back all that a load was told, at every silo, at enforcement points that followed all along and at new ones, and in the database.</summary>
internal sealed class LoadReckoning(LoadedCluster cluster, ClusterLoad load)
{
    private const int ChecksAtOnce = 500;
    private const int PageMax = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly LoadToken[] _tokens = load.Ledger.Tokens;
    private readonly LoadSession[] _sessions = load.Ledger.Sessions;
    private readonly LoadNode[] _revoked = load.Ledger.Revoked;

    /// <summary>Throws what is missing, or too much.</summary>
    internal async Task CheckAsync()
    {
        Need(_revoked.Length > 0 && Array.Exists(_tokens, token => token.IsUntouched), "the load has revoked nothing, or everything");
        Need(Array.TrueForAll(_revoked, node => node.Stage == LoadStage.Confirmed), "a revocation was not confirmed");
        await CheckEdgesAsync();
        await CheckSilosAsync();
        await CheckDatabaseAsync();
    }

    private static void Need(bool holds, string what)
    {
        if (!holds)
        {
            throw new LoadException(what);
        }
    }

    // INVARIANT R3, R5: feed, or snapshot and feed: exactly what was revoked is denied.
    private async Task CheckEdgesAsync()
    {
        var (old, fresh) = (load.Edges.All, await load.Edges.FreshAsync());
        using var limit = new CancellationTokenSource(Patience);
        await Task.WhenAll(load.Edges.All.Select(edge => edge.WhenAppliedAsync(load.Ledger.AcceptedRevision, limit.Token)));

        // Where a herd follows, not everybody is asked for everything.
        var some = _tokens.TakeLast(100).ToArray();
        foreach (var edge in old.Take(8).Concat(fresh))
        {
            CheckEdge(edge, _tokens);
        }

        foreach (var edge in old.Skip(8))
        {
            CheckEdge(edge, some);
        }
    }

    private static void CheckEdge(LoadEdge edge, LoadToken[] tokens)
    {
        foreach (var token in tokens)
        {
            var broken = edge.Look(token);
            Need(broken is null, broken ?? "");
            Need(edge.Allows(token) == token.IsUntouched, $"R3: at the end {edge.Name} {(token.IsUntouched ? "denies" : "allows")} {token} ({edge.Counts})");
        }
    }

    private async Task CheckSilosAsync()
    {
        var streams = new List<Dictionary<string, List<string>>>();
        foreach (var silo in cluster.Silos)
        {
            foreach (var chunk in _tokens.Chunk(ChecksAtOnce))
            {
                var answers = ThreeSilos.Ok(await load.ClientOf(silo).CheckManyAsync(new CheckBatch([.. chunk.Select(ClusterLoad.RequestOf)]))).Answers;
                for (var i = 0; i < chunk.Length; i++)
                {
                    Need(answers[i].Allowed == chunk[i].IsUntouched, $"D1: at the end silo {silo.Name} answers `{answers[i].Code ?? "allowed"}` for {chunk[i]}");
                }
            }

            foreach (var tenant in load.Tenants)
            {
                await CheckSessionsAsync(silo, tenant);
            }

            streams.Add(await ChangesAsync(silo));
        }

        // INVARIANT R3: one order, the same at every silo.
        // Sessions under what was revoked are still being ended, so the one that was asked last may tell more of each tenant.
        foreach (var tenant in load.Tenants)
        {
            var least = streams.Min(stream => stream[tenant].Count);
            Need(least > 0 && streams.All(stream => stream[tenant].Take(least).SequenceEqual(streams[0][tenant].Take(least))), $"R3: two silos tell the changes of {tenant} in different orders");
        }

        var counts = streams[0].Values.SelectMany(lines => lines).CountBy(line => line).ToDictionary();
        foreach (var session in _sessions)
        {
            Need(counts.GetValueOrDefault($"session.opened {session.Id}") == 1, $"R3: the change stream tells the opening of session {session.Id} {counts.GetValueOrDefault($"session.opened {session.Id}")} times");
        }
    }

    private async Task CheckSessionsAsync(SiloProcess silo, string tenant)
    {
        var found = new Dictionary<string, SessionInfo>();
        foreach (var status in (string[])["active", "revoked"])
        {
            string? cursor = null;
            do
            {
                var page = ThreeSilos.Ok(await load.ClientOf(silo).ListSessionsAsync(new SessionQuery(new NodeDto("tenant", tenant), status, cursor, PageMax)));
                foreach (var session in page.Items)
                {
                    found.Add(session.Id, session);
                }

                cursor = page.Next;
            }
            while (cursor is not null);
        }

        foreach (var session in _sessions.Where(session => session.Own.Name.Tenant == tenant))
        {
            var status = found.GetValueOrDefault(session.Id)?.Status;
            Need(status == (session.IsUntouched ? "active" : "revoked"), $"D1: at the end silo {silo.Name} says `{status ?? "nothing"}` of session {session.Id} ({session.Own.Stage})");
        }

        // By its grain, wherever that lives: it knows what it has issued.
        foreach (var session in _sessions.Where(session => session.Own.Name.Tenant == tenant && session.Issued > 0).TakeLast(10))
        {
            var known = ThreeSilos.Ok(await load.ClientOf(silo).GetSessionAsync(session.Id));
            Need(known.CredentialsIssued >= session.Issued, $"D1: session {session.Id} knows of {known.CredentialsIssued} credentials, and {session.Issued} were acknowledged");
        }
    }

    private async Task<Dictionary<string, List<string>>> ChangesAsync(SiloProcess silo)
    {
        var stream = new Dictionary<string, List<string>>();
        foreach (var tenant in load.Tenants)
        {
            var lines = stream[tenant] = [];
            string? cursor = null;
            while (true)
            {
                var page = ThreeSilos.Ok(await load.ClientOf(silo).PullChangesAsync(new ChangeQuery(cursor, tenant, Limit: PageMax)));
                lines.AddRange(page.Changes.Select(change => $"{change.Kind} {change.Node.Id}"));
                if (page.Next == cursor)
                {
                    break;
                }

                cursor = page.Next;
            }
        }

        return stream;
    }

    // INVARIANT D1, R3: what the answers rest on: the inventory, and positions without a hole.
    private async Task CheckDatabaseAsync()
    {
        await using var database = NpgsqlDataSource.Create(cluster.Server.ConnectionString);
        var known = await ReadAsync(database, "SELECT replace(id::text, '-', '') FROM fabric_credentials", reader => reader.GetString(0));
        foreach (var token in _tokens.ExceptBy(known, token => token.Id))
        {
            throw new LoadException($"D1: not in the inventory: {token}");
        }

        var feed = await ReadAsync(database, "SELECT first, last FROM fabric_feed ORDER BY first", reader => (First: (ulong)reader.GetInt64(0), Last: (ulong)reader.GetInt64(1)));
        for (var i = 1; i < feed.Count; i++)
        {
            Need(feed[i].First == feed[i - 1].Last + 1, $"R3: the feed goes on at {feed[i].First} after {feed[i - 1].Last}");
        }

        var ends = feed.Select(row => row.Last).ToHashSet();
        foreach (var node in _revoked)
        {
            Need(ends.Contains(node.Revision), $"R3: no row of the feed ends at {node.Revision}, where the revocation of {node.Name} was accepted");
        }

        var changes = await ReadAsync(database, "SELECT sequence FROM fabric_changes ORDER BY sequence", reader => reader.GetInt64(0));
        Need(changes.Count > 0 && changes[^1] - changes[0] + 1 == changes.Count, "R3: the order has a hole");
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlDataSource database, string sql, Func<NpgsqlDataReader, T> read)
    {
#pragma warning disable CA2100 // the texts are this class's own
        await using var command = database.CreateCommand(sql);
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
