using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Scenarios;
using Fabric.Silo.Cluster;
using Npgsql;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>
/// PostgreSQL with a table of credentials by parent: a check is a recursive query up to the root, a cascade a recursive UPDATE, an issuance an INSERT. The server's
/// defaults: every commit is on disk before it is answered.
/// </summary>
internal sealed class PostgresPeer : IPeer
{
    private const int CheckCallers = 16;
    private const int IssueCallers = 64;
    private const int LatencyPerSecond = 500;

    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1);

    public string Name => "postgres";

    public string? Missing => LocalPostgres.FindPrograms() is null ? "PostgreSQL is not installed (Debian: postgresql)" : null;

    // What stands below the root of the small tree, six levels of ten each for the large.
    public IReadOnlyList<int> Trees => [11_110, 1_111_110];

    public async Task MeasureAsync(Comparison on)
    {
        await using var server = await LocalPostgres.StartAsync(on.Run.Cancellation);
        await using var source = NpgsqlDataSource.Create($"{server.ConnectionString};Maximum Pool Size={2 * IssueCallers};Max Auto Prepare=8;Auto Prepare Min Usages=1;Command Timeout=300");
        var table = new CredentialTable(source);
        using (on.Run.Log.Begin($"insert {CredentialTable.Rows:N0} rows", 1))
        {
            await table.FillAsync();
        }

        on.Run.Report.Note($"PostgreSQL {await table.VersionAsync()}, its defaults (fsync and synchronous_commit on), prepared statements over Npgsql; VACUUM between cascades, not timed");
        await ChecksAsync(on, server, table);
        await IssueAsync(on, server, table);
        await CascadesAsync(on, server, table);
    }

    private static async Task ChecksAsync(Comparison on, LocalPostgres server, CredentialTable table)
    {
        var checks = await on.Fabric.ChecksAsync();
        await on.PairAsync(
            new PairSpec("compare.check_postgres", "PostgreSQL recursive", "a cached check at an edge", "a recursive query over a credential and six ancestors", "checks/s of CPU"),
            checks.RoundAsync, () => RoundAsync(server, CheckCallers, table.CheckAsync, SideRound.PerCpuSecond),
            new Comparison.Scheduled(LatencyPerSecond, checks.CheckOneAsync, i => new ValueTask(table.CheckAsync(i))));
    }

    private static async Task IssueAsync(Comparison on, LocalPostgres server, CredentialTable table)
    {
        var served = await on.Fabric.ServedAsync();
        await on.PairAsync(
            new PairSpec("compare.issue_postgres", "PostgreSQL insert", "issue a signed credential over HTTP, on disk", "INSERT of a row, on disk, nothing signed", "credentials/s"),
            served.IssueRoundAsync, () => RoundAsync(server, IssueCallers, table.InsertAsync, SideRound.Rate), warmUps: 3);
    }

    private async Task CascadesAsync(Comparison on, LocalPostgres server, CredentialTable table)
    {
        var served = await on.Fabric.ServedAsync();
        await served.StartEdgesAsync();
        foreach (var count in Trees)
        {
            var place = on.Fabric.TreeOf(count);
            await on.PairAsync(
                new PairSpec($"compare.cascade_postgres_{count}", "PostgreSQL recursive UPDATE", $"revoke a user above {count:N0} credentials until the last of 10 edges has confirmed", $"recursive UPDATE of {count:N0} rows and their root", "ms", LessIsBetter: true),
                () => served.CascadeRoundAsync(place),
                async () =>
                {
                    var took = 0.0;
                    var (_, client, cpu) = await Comparison.TimedAsync(() => CpuOf(server), async () => took = await table.CascadeAsync(count));
                    await table.VacuumAsync();
                    return SideRound.MedianMs([took], client, cpu);
                },
                warmUps: count == Trees[0] ? 1 : 0);
        }

        on.Run.Report.Note(
            "cascades: the first revocation of a tree (of the smaller one, the warm-up) is above credentials that all live; the later ones revoke the same user again, with new credentials under it, and update the same rows again: neither side does less for it");
    }

    private static async Task<SideRound> RoundAsync(LocalPostgres server, int callers, Func<int, Task> each, Func<double, double, double, double, SideRound> rate)
    {
        var done = 0;
        var (seconds, client, cpu) = await Comparison.TimedAsync(() => CpuOf(server), async () =>
        {
            using var stop = new CancellationTokenSource(RoundTime);
            await Swarm.UntilAsync(callers, async _ => await each(Interlocked.Increment(ref done)), stop.Token);
        });
        return rate(done, seconds, client, cpu);
    }

    private static double CpuOf(LocalPostgres server) => ProcessTimes.TreeSeconds(server.ProcessId);
}
