using System.Diagnostics;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;

namespace Fabric.Faults.Tests;

public sealed class StoppedEdgeTests
{
    private static readonly ScopeDto[] Scopes = [new("mail", "send", "*")];

    [Fact]
    [Trait("Invariant", "R1")]
    [Trait("Invariant", "R2")]
    public async Task An_edge_that_is_stopped_longer_than_its_lease_denies_when_it_goes_on()
    {
        await using var host = await HostProcess.StartAsync(Path.Combine(Path.GetTempPath(), $"fabric-faults-{Guid.NewGuid():n}"));
        using var root = host.Operator();
        Ok(await root.CreateTenantAsync(new("acme")));
        Ok(await root.CreateAgentAsync("acme", new("bot", "backend", Scopes)));
        var key = Ok(await root.MakeApiKeyAsync(new MakeApiKey("enforcement_point", "edge")));
        var session = Ok(await root.OpenSessionAsync("acme", new OpenSession("bot", "send mail", Scopes)));
        var token = Ok(await root.IssueCredentialsAsync(session.Id, new IssueCredentials())).Credentials[0].Token;
        using var edge = StartEdge(host.Address, key.Secret);
        Assert.Equal("ready", await edge.StandardOutput.ReadLineAsync());
        Assert.Equal("allowed", await AskAsync(edge, $"check Read {token}"));

        await SignalAsync("STOP", edge.Id);
        var receipt = Ok(await root.RevokeAsync(new RevokeRequest(
            new NodeDto("session", "acme", session.Id), Wait: "confirmed", TimeoutMs: 30_000)));
        await edge.StandardInput.WriteLineAsync($"check Read {token}");
        await edge.StandardInput.WriteLineAsync($"check Write {token}");
        await edge.StandardInput.FlushAsync();

        // Confirmed without an answer of the edge: its lease has provably run out. What it was asked meanwhile it denies, whatever it knows by now.
        Assert.Equal("confirmed", receipt.State);
        Assert.Contains(receipt.RanOut, name => name.Contains("child", StringComparison.Ordinal));
        await SignalAsync("CONT", edge.Id);
        foreach (var _ in (string[])["read", "write"])
        {
            Assert.Contains(await edge.StandardOutput.ReadLineAsync(), (string[])[Codes.CheckStale, Codes.SessionRevoked, Codes.CheckNotReady]);
        }

        edge.Kill();
        await edge.WaitForExitAsync();
    }

    private static Process StartEdge(Uri address, string secret)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Fabric.EdgeChild.dll"));
        start.ArgumentList.Add(address.ToString());
        start.Environment["FABRIC_KEY"] = secret;
        return Process.Start(start)!;
    }

    private static async Task<string?> AskAsync(Process edge, string line)
    {
        await edge.StandardInput.WriteLineAsync(line);
        await edge.StandardInput.FlushAsync();
        return await edge.StandardOutput.ReadLineAsync();
    }

    private static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString()]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private static T Ok<T>(Outcome<T> outcome)
    {
        Assert.True(outcome.IsOk, outcome.Rejection?.ToString());
        return outcome.Value;
    }
}
