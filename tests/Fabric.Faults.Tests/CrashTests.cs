using System.Collections.Concurrent;
using Fabric.Client.Http;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Xunit.Abstractions;

namespace Fabric.Faults.Tests;

public sealed class CrashTests(ITestOutputHelper output)
{
    private static readonly ScopeDto[] Scopes = [new("mail", "send", "*")];

    // A longer run: FABRIC_FAULT_ROUNDS=50.
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("FABRIC_FAULT_ROUNDS"), out var rounds) ? rounds : 5;

    [Fact]
    [Trait("Invariant", "D1")]
    [Trait("Invariant", "R1")]
    public async Task What_was_acknowledged_survives_kill_9_at_a_random_point_under_load()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var host = await HostProcess.StartAsync(Path.Combine(Path.GetTempPath(), $"fabric-faults-{Guid.NewGuid():n}"));
        using (var root = host.Operator())
        {
            Ok(await root.CreateTenantAsync(new("acme")));
            Ok(await root.CreateAgentAsync("acme", new("bot", "backend", Scopes)));
        }

        var acknowledged = new Acknowledged();
        for (var round = 0; round < Rounds; round++)
        {
            await RunUntilKilledAsync(host, acknowledged, kills: acknowledged.Count + random.Next(20, 400));
            await host.RestartAsync();
            await VerifyAsync(host, acknowledged);
            output.WriteLine($"round {round}: {acknowledged.Count} acknowledged so far, none lost");
        }
    }

    // The load itself says when: the host dies between two acknowledgements, in the middle of whatever else is under way.
    private static async Task RunUntilKilledAsync(HostProcess host, Acknowledged acknowledged, int kills)
    {
        using var root = host.Operator();
        using var stop = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 8).Select(_ => WorkAsync(root, acknowledged, kills, stop)).ToArray();
        await Task.WhenAny(workers);
        await host.KillAsync();
        await Task.WhenAll(workers);
    }

    private static async Task WorkAsync(FabricHttpClient root, Acknowledged acknowledged, int kills, CancellationTokenSource stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var session = await root.OpenSessionAsync("acme", new OpenSession("bot", "send mail", Scopes));
            if (!session.IsOk)
            {
                return;
            }

            acknowledged.Sessions.Enqueue(session.Value.Id);
            var issued = await root.IssueCredentialsAsync(session.Value.Id, new IssueCredentials(Count: 2));
            if (!issued.IsOk)
            {
                return;
            }

            acknowledged.Issued.Enqueue(issued.Value.Credentials[0].Token);
            var revoked = await root.RevokeAsync(new RevokeRequest(Tenant: "acme", Credentials: [issued.Value.Credentials[1].Id]));
            if (revoked.IsOk)
            {
                acknowledged.Revoked.Enqueue(issued.Value.Credentials[1].Token);
            }

            if (acknowledged.Count >= kills)
            {
                await stop.CancelAsync();
            }
        }
    }

    private static async Task VerifyAsync(HostProcess host, Acknowledged acknowledged)
    {
        using var root = host.Operator();
        foreach (var id in acknowledged.Sessions)
        {
            Assert.Equal("active", Ok(await root.GetSessionAsync(id)).Status);
        }

        foreach (var (tokens, code) in new[] { (acknowledged.Issued, null), (acknowledged.Revoked, Codes.CredentialRevoked) })
        {
            foreach (var batch in tokens.Chunk(500))
            {
                var answers = Ok(await root.CheckManyAsync(new CheckBatch([.. batch.Select(token => new CheckRequest(token, "mail", "send", "x"))])));
                Assert.All(answers.Answers, answer => Assert.Equal((code is null, code), (answer.Allowed, answer.Code)));
            }
        }
    }

    private static T Ok<T>(Outcome<T> outcome)
    {
        Assert.True(outcome.IsOk, outcome.Rejection?.ToString());
        return outcome.Value;
    }

    private sealed class Acknowledged
    {
        public ConcurrentQueue<string> Sessions { get; } = [];
        public ConcurrentQueue<string> Issued { get; } = [];
        public ConcurrentQueue<string> Revoked { get; } = [];
        public int Count => Sessions.Count + Issued.Count + Revoked.Count;
    }
}
