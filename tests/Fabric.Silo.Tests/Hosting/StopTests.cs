using System.Collections.Concurrent;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Engine;
using Fabric.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests.Hosting;

public sealed class StopTests
{
    [Fact]
    [Trait("Invariant", "D1")]
    public async Task A_stop_under_load_loses_nothing_that_was_acknowledged()
    {
        var server = new EngineServer();
        await server.InitializeAsync();
        await server.Operator.CreateTenantAsync(new CreateTenant("acme")).OrThrow();
        await server.Operator.CreateAgentAsync("acme", new CreateAgent("bot", "backend", [new ScopeDto("mail")])).OrThrow();
        var session = await server.Operator.OpenSessionAsync("acme", new OpenSession("bot", "load", [new ScopeDto("mail")])).OrThrow();
        var issued = new ConcurrentQueue<IssuedCredential>();
        var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var callers = Enumerable.Range(0, 16).Select(_ => Task.Run(IssueUntilRefusedAsync)).ToList();
        await underWay.Task;
        await server.App.StopAsync();
        await Task.WhenAll(callers);
        await server.Engine.DisposeAsync();

        await using (var again = EngineStart.Open(new SiloOptions { DataFolder = server.Engine.Options.DataFolder }, NullLoggerFactory.Instance))
        {
            var fabric = again.As(new Caller(Role.Operator, null, "tests"));
            Assert.InRange((await fabric.GetSessionAsync(session.Id).OrThrow()).CredentialsIssued, issued.Count, long.MaxValue);
            foreach (var credential in issued)
            {
                Assert.True((await fabric.CheckAsync(new CheckRequest(credential.Token, "mail", "send", "x", "read")).OrThrow()).Allowed);
            }
        }
        await server.DisposeAsync();

        async Task IssueUntilRefusedAsync()
        {
            while (await server.Operator.IssueCredentialsAsync(session.Id, new IssueCredentials()) is { IsOk: true } outcome)
            {
                issued.Enqueue(outcome.Value.Credentials[0]);
                if (issued.Count >= 100)
                {
                    underWay.TrySetResult();
                }
            }
        }
    }
}
