using System.Diagnostics;
using System.Security.Cryptography;
using Fabric.Client;
using Fabric.Client.Http;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Scopes;
using Fabric.Engine;
using Fabric.Grains;
using Fabric.Grains.Storage;
using Fabric.Silo.Demo;
using Npgsql;

namespace Fabric.Silo.Cluster;

/// <summary>The story on several silos: told at one, enforced from another, and gone on with when that one is killed.</summary>
internal static class ClusterDemo
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(25);
    private static readonly ScopeDto[] Flights = [new("flights.*")];

    /// <summary>
    /// Over a database that is named, else over a server of the demo's own, else (or when it is <paramref name="inMemory"/> that is asked for) in the memory of this process.
    /// </summary>
    public static Task PlayAsync(int silos, string? database, bool inMemory, string folder, Narrator tell, CancellationToken cancellation) =>
        inMemory || (database is null && LocalPostgres.FindPrograms() is null)
            ? PlayInMemoryAsync(silos, inMemory, tell, cancellation)
            : PlayOverDatabaseAsync(silos, database, folder, tell, cancellation);

    private static async Task PlayOverDatabaseAsync(int silos, string? database, string folder, Narrator tell, CancellationToken cancellation)
    {
        await using var postgres = database is null ? await LocalPostgres.StartAsync(cancellation) : null;
        var connection = database ?? postgres!.ConnectionString;
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            await Schema.MigrateAsync(source, cancellation);
        }

        tell.Title($"Fabric, from end to end, on {silos} silo processes over PostgreSQL{(postgres is null ? "" : " (a server of the demo's own)")}");
        var masterKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var keyFile = Path.Combine(folder, "operator.key");
        await PlayAsync(
            silos, async () => await SiloChild.StartAsync(connection, masterKey, keyFile, cancellation),
            async _ => (await File.ReadAllTextAsync(keyFile, cancellation)).Trim(), tell, cancellation);
    }

    private static async Task PlayInMemoryAsync(int silos, bool asked, Narrator tell, CancellationToken cancellation)
    {
        tell.Title($"Fabric, from end to end, on {silos} silos of a cluster inside this one process");
        tell.Title("NOTHING IS DURABLE: what the silos know, revocations too, is in this process's memory alone and gone with it. For a look, never for use.");
        tell.Say(asked
            ? "Asked for with `--in-memory`. Without it: silo processes over PostgreSQL, where it can be had."
            : "No database is named (`--database`), and Debian's package `postgresql`, of which the demo would start a server, is not installed.");
        tell.Say("The silos are Orleans silos with HTTP hosts of their own and speak over loopback sockets; they share memory in the place of a database, and the first one keeps the list of members.");
        var memory = new ClusterMemory();
        var masterKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        await PlayAsync(
            silos, async () => await SiloHere.StartAsync(memory, masterKey, cancellation),
            async first =>
            {
                var root = ((SiloHere)first).Engine.As(Caller.Fabric);
                return (await root.MakeApiKeyAsync(new MakeApiKey(Caller.NameOf(Role.Operator), "demo"), cancellation).OrThrow()).Secret;
            },
            tell, cancellation);
    }

    private static async Task PlayAsync(
        int silos, Func<Task<IDemoSilo>> start, Func<IDemoSilo, Task<string>> operatorSecret, Narrator tell, CancellationToken cancellation)
    {
        var running = new List<IDemoSilo>();
        try
        {
            for (var i = 0; i < silos; i++)
            {
                running.Add(await start());
                tell.Say($"silo {i + 1}: HTTP at {running[i].Address}, ready after {running[i].ReadyAfter.TotalSeconds:N1} s");
            }

            var secret = await operatorSecret(running[0]);
            await using var cast = await Cast.AssembleAsync(
                running[0].Address, secret, cancellation, [.. running.Skip(1).Append(running[0]).Select(silo => silo.Address)]);
            await new Story(cast, tell, cancellation).TellAsync();
            await LoseASiloAsync(cast, running, secret, tell, cancellation);
        }
        finally
        {
            // The first one last: it may be who knows of the others.
            foreach (var silo in Enumerable.Reverse(running))
            {
                await silo.DisposeAsync();
            }
        }
    }

    private static async Task LoseASiloAsync(Cast cast, List<IDemoSilo> silos, string secret, Narrator tell, CancellationToken cancellation)
    {
        tell.Step("The silo that the gateway follows is lost");
        var agent = $"{Cast.Traveller}-2";
        await cast.AcmeAdmin.CreateAgentAsync(Cast.Acme, new(agent, "backend", Flights), cancellation).OrThrow();
        var session = await cast.AcmeAdmin.OpenSessionAsync(Cast.Acme, new OpenSession(agent, "go on", Flights), cancellation).OrThrow();
        var token = (await cast.AcmeAdmin.IssueCredentialsAsync(session.Id, new IssueCredentials(), cancellation).OrThrow()).Credentials[0].Token;
        var call = new ToolCall("flights.search", "call", "OSL", ActionClass.Read);
        tell.Expect((await cast.Edge.CheckAsync(token, call, cancellation: cancellation)).Allowed, "the gateway allows a call of a new session");

        var started = Stopwatch.GetTimestamp();
        await silos[1].KillAsync();
        await UntilAsync(async () => (await cast.AcmeAdmin.IssueCredentialsAsync(session.Id, new IssueCredentials(), cancellation)).IsOk, cancellation);
        tell.Expect(true, $"the others issue again {Stopwatch.GetElapsedTime(started).TotalMilliseconds:N0} ms after it: {silos[1].End}");
        var receipt = await cast.AcmeAdmin.RevokeAsync(
            new RevokeRequest(new NodeDto("session", Cast.Acme, session.Id), Wait: "confirmed", TimeoutMs: 30_000), cancellation).OrThrow();
        tell.Expect(receipt.State == "confirmed", $"a revocation is confirmed {Stopwatch.GetElapsedTime(started).TotalMilliseconds:N0} ms after it: every lease that the dead silo had lent has run out", receipt.State);
        tell.Expect(!cast.Edge.Check(token, call).Allowed, "the gateway, at another silo by now, denies");
        using var third = new FabricHttpClient((silos.Count > 2 ? silos[^1] : silos[0]).Address, secret);
        var answer = await third.CheckAsync(new CheckRequest(token, call.Tool, call.Action, call.Resource, "read"), cancellation).OrThrow();
        tell.Expect(!answer.Allowed, $"and so does every silo: {answer.Code}");
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        while (!await holds())
        {
            await Task.Delay(PollEvery, patience.Token);
        }
    }
}
