using System.Text.Json;
using Fabric.Core.Common;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Fabric.Client.Mcp.Tests;

/// <summary>A guarded server with a client that other people wrote.</summary>
public sealed class GuardTests : IAsyncLifetime
{
    private GuardedServer _server = null!;

    public async Task InitializeAsync() => _server = await GuardedServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    [InlineData("2025-06-18")]
    public async Task A_call_that_the_token_covers_runs_and_every_other_does_not(string revision)
    {
        var (_, token) = await _server.TokenAsync(action: "read_file", resource: "files/public/*");
        await using var client = await _server.ClientAsync(token, new McpClientOptions { ProtocolVersion = revision });
        Assert.Equal(revision, client.NegotiatedProtocolVersion);
        Assert.Equal(6, (await client.ListToolsAsync()).Count);

        Assert.Equal("read public/a.txt", await TextAsync(client, "read_file", new() { ["path"] = "public/a.txt" }));
        await Assert.ThrowsAnyAsync<Exception>(() => TextAsync(client, "read_file", new() { ["path"] = "private/a.txt" }));
        await Assert.ThrowsAnyAsync<Exception>(() => TextAsync(client, "delete_file", new() { ["path"] = "public/a.txt" }));
        Assert.Equal(["read public/a.txt"], _server.Log.Lines);
    }

    [Fact]
    public async Task A_tool_learns_who_acts()
    {
        await using var client = await _server.ClientAsync((await _server.TokenAsync()).Token);
        Assert.Equal("acme bot", await TextAsync(client, "who", []));
    }

    [Theory]
    [InlineData("wait", false)]
    [InlineData("wait", true)]
    [InlineData("stubborn", false)]
    [Trait("Invariant", "R1")]
    public async Task A_tool_that_runs_is_cancelled_when_its_authority_ends_and_nothing_comes_out_of_it(string tool, bool byUser)
    {
        var (session, token) = await _server.TokenAsync();
        await using var client = await _server.ClientAsync(token);
        var running = client.CallToolAsync(tool).AsTask();
        await _server.Log.Started.WaitAsync();
        var node = byUser ? new Contracts.Common.NodeDto("agent", "acme", "bot") : session;
        var receipt = await _server.Operator.RevokeAsync(new(node, Wait: "confirmed")).OrThrow();
        Assert.Equal("confirmed", receipt.State);

        var result = await running;
        Assert.True(result.IsError);
        Assert.Equal(byUser ? Codes.AgentRevoked : Codes.SessionRevoked, (string?)result.Meta!["fabric/code"]);
        Assert.DoesNotContain("secret", JsonSerializer.Serialize(result, McpJsonUtilities.DefaultOptions), StringComparison.Ordinal);
        if (tool == "wait")
        {
            await _server.Log.Cancelled.WaitAsync();
        }

        _server.Log.LetGo.SetResult();
        await Assert.ThrowsAnyAsync<Exception>(() => TextAsync(client, "who", []));
        Assert.DoesNotContain("acme bot", _server.Log.Lines);
    }

    [Fact]
    public async Task A_quota_that_is_used_up_is_told_to_the_model()
    {
        await using var client = await _server.ClientAsync((await _server.TokenAsync(maxCalls: 2)).Token);
        Assert.Equal("acme bot", await TextAsync(client, "who", []));
        Assert.Equal("acme bot", await TextAsync(client, "who", []));
        var denied = await client.CallToolAsync("who");
        Assert.True(denied.IsError);
        Assert.Equal(Codes.QuotaExhausted, (string?)denied.Meta!["fabric/code"]);
        Assert.Contains(Codes.QuotaExhausted, Assert.IsType<TextContentBlock>(Assert.Single(denied.Content)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_shows_all_tools_unless_it_is_asked_to_leave_out_what_the_token_does_not_name()
    {
        var (_, token) = await _server.TokenAsync(action: "read_file", resource: "files/public/*");
        await using var filtered = await GuardedServer.StartAsync(options => options.FiltersTools = true);
        var (_, other) = await filtered.TokenAsync(action: "read_file", resource: "files/public/*");
        await using var client = await _server.ClientAsync(token);
        await using var narrow = await filtered.ClientAsync(other);
        Assert.Equal(6, (await client.ListToolsAsync()).Count);
        Assert.Equal(["read_file"], (await narrow.ListToolsAsync()).Select(tool => tool.Name));
    }

    [Fact]
    public async Task A_session_of_an_older_revision_is_good_for_its_own_principal_only()
    {
        await using var server = await GuardedServer.StartAsync(stateful: true);
        var (_, mine) = await server.TokenAsync();
        using var opened = await server.PostAsync("""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""", mine);
        var id = Assert.Single(opened.Headers.GetValues("Mcp-Session-Id"));
        await server.Operator.CreateAgentAsync("acme", new("thief", "backend", [new("*")])).OrThrow();
        var session = await server.Operator.OpenSessionAsync("acme", new("thief", "steal", [new("*")])).OrThrow();
        var theirs = (await server.Operator.IssueCredentialsAsync(session.Id, new(Audience: GuardedServer.Resource)).OrThrow()).Credentials[0].Token;

        using var stolen = await server.PostAsync(GuardedServer.CallOf("who", "{}"), theirs, change: request => request.Headers.Add("Mcp-Session-Id", id));
        Assert.False(stolen.IsSuccessStatusCode);
        using var own = await server.PostAsync(GuardedServer.CallOf("who", "{}"), mine, change: request => request.Headers.Add("Mcp-Session-Id", id));
        Assert.True(own.IsSuccessStatusCode);
        Assert.Equal(["acme bot"], server.Log.Lines);
    }

    private static async Task<string> TextAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        var result = await client.CallToolAsync(tool, arguments);
        Assert.NotEqual(true, result.IsError);
        return Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
    }
}
