using System.Net;
using System.Text.Json;
using Fabric.Client;
using Fabric.Core.Common;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Fabric.Gateway.Tests;

/// <summary>What holds whatever stands behind the gateway, with a client that other people wrote.</summary>
public abstract class GatewaySuite : IAsyncLifetime
{
    private protected GatewayScene Scene { get; private set; } = null!;

    private protected abstract Task<GatewayScene> MakeSceneAsync();

    public async Task InitializeAsync() => Scene = await MakeSceneAsync();

    public virtual async Task DisposeAsync() => await Scene.DisposeAsync();

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    public async Task Tools_resources_and_prompts_go_through(string revision)
    {
        await using var client = await Scene.ClientAsync((await Scene.TokenAsync()).Token, new McpClientOptions { ProtocolVersion = revision });
        Assert.Equal(8, (await client.ListToolsAsync()).Count);
        Assert.Equal("hello", await TextAsync(client, "echo", new() { ["text"] = "hello" }));
        Assert.Equal("erased a", await TextAsync(client, "erase", new() { ["path"] = "a" }));
        var read = await client.ReadResourceAsync("note://one");
        Assert.Equal("the note one", Assert.IsType<TextResourceContents>(Assert.Single(read.Contents)).Text);
        var prompt = await client.GetPromptAsync("greet", new Dictionary<string, object?> { ["who"] = "mia" });
        Assert.Equal("greet mia", Assert.IsType<TextContentBlock>(Assert.Single(prompt.Messages).Content).Text);

    }

    [Fact]
    public async Task Progress_goes_through_under_the_name_that_the_client_gave_it()
    {
        var (_, token) = await Scene.TokenAsync();
        using var opened = await Scene.PostAsync(Initialize, token);
        using var answer = await Scene.PostAsync(
            Message(7, "tools/call", """{"name":"steps","arguments":{"count":2},"_meta":{"progressToken":"mine"}}"""), token, Assert.Single(opened.Headers.GetValues("Mcp-Session-Id")));
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var events = (await answer.Content.ReadAsStringAsync()).Split("data: ").Skip(1).Select(data => JsonDocument.Parse(data.Split('\n')[0]).RootElement).ToArray();
        Assert.Equal(["mine", "mine"], events[..^1].Select(said => said.GetProperty("params").GetProperty("progressToken").GetString()));
        Assert.Equal((7, "2 steps"), (events[^1].GetProperty("id").GetInt32(), events[^1].GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString()));
    }

    [Fact]
    public async Task A_question_of_the_server_reaches_the_client_and_its_answer_the_server()
    {
        var options = new McpClientOptions
        {
            ProtocolVersion = "2025-11-25",
            Handlers = new McpClientHandlers
            {
                ElicitationHandler = (_, _) => new(new ElicitResult { Action = "accept", Content = new Dictionary<string, JsonElement> { ["name"] = JsonSerializer.SerializeToElement("mia") } }),
            },
        };
        await using var client = await Scene.ClientAsync((await Scene.TokenAsync()).Token, options);
        Assert.Equal("hello mia", await TextAsync(client, "ask", []));
    }

    [Fact]
    public async Task What_the_token_does_not_cover_does_not_reach_the_server()
    {
        var (_, token) = await Scene.TokenAsync(action: "write", resource: "notes/public/*");
        await using var client = await Scene.ClientAsync(token);
        Assert.Equal("wrote public/a", await TextAsync(client, "write", new() { ["path"] = "public/a" }));
        await Assert.ThrowsAnyAsync<Exception>(() => TextAsync(client, "write", new() { ["path"] = "private/a" }));
        await Assert.ThrowsAnyAsync<Exception>(() => TextAsync(client, "echo", new() { ["text"] = "hello" }));
        await Assert.ThrowsAnyAsync<Exception>(() => client.ReadResourceAsync("note://one").AsTask());
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetPromptAsync("greet", new Dictionary<string, object?> { ["who"] = "mia" }).AsTask());
        var unclear = await client.CallToolAsync("write", new Dictionary<string, object?> { ["path"] = "public/../private" });
        Assert.Equal(Codes.RequestUnclear, (string?)unclear.Meta!["fabric/code"]);
    }

    [Theory]
    [InlineData("echo", true)]
    [InlineData("write", false)]
    [InlineData("erase", false)]
    [InlineData("nobody_knows", false)]
    public async Task Classes_come_from_what_the_server_says_of_its_tools(string tool, bool isRead)
    {
        var (_, token) = await Scene.TokenAsync(readOnly: true);
        using var answer = await Scene.PostAsync(Message(7, "tools/call", $$$"""{"name":"{{{tool}}}","arguments":{"text":"a","path":"a"}}"""), token);
        Assert.Equal(!isRead, (await answer.Content.ReadAsStringAsync()).Contains(Codes.ReadOnly, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    [Trait("Invariant", "R1")]
    public async Task A_call_that_runs_is_cancelled_at_the_server_when_its_authority_ends_and_the_caller_learns_why(string revision)
    {
        var (session, token) = await Scene.TokenAsync();
        await using var client = await Scene.ClientAsync(token, new McpClientOptions { ProtocolVersion = revision });
        var marker = Path.Combine(Scene.Folder, "marker");
        using var written = new FileSystemWatcher(Scene.Folder, "marker");
        var seen = new TaskCompletionSource();
        written.Changed += (_, _) => seen.TrySetResult();
        written.EnableRaisingEvents = true;
        var begun = new SemaphoreSlim(0);
        var running = client.CallToolAsync("endless", new Dictionary<string, object?> { ["marker"] = marker }, new Steps(begun)).AsTask();
        await begun.WaitAsync();

        var receipt = await Scene.Operator.RevokeAsync(new(session, Wait: "confirmed")).OrThrow();
        Assert.Equal("confirmed", receipt.State);
        var result = await running;
        Assert.True(result.IsError);
        Assert.Equal(Codes.SessionRevoked, (string?)result.Meta!["fabric/code"]);
        await seen.Task;
        await Assert.ThrowsAnyAsync<Exception>(() => TextAsync(client, "echo", new() { ["text"] = "hello" }));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Nobody_without_a_token_for_this_gateway_gets_anywhere()
    {
        foreach (var token in new[] { null, "nonsense", (await Scene.TokenAsync(tenant: "evil")).Token, (await Scene.TokenAsync(audience: "https://other.example/mcp")).Token })
        {
            foreach (var method in new[] { "initialize", "tools/list", "server/discover", "ping" })
            {
                using var answer = await Scene.PostAsync(Message(1, method, "{}"), token);
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
                Assert.Contains("resource_metadata=\"https://gateway.example/.well-known/oauth-protected-resource/mcp\"", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_session_is_its_principals_alone_and_there_are_only_so_many()
    {
        var (_, mine) = await Scene.TokenAsync();
        var (_, theirs) = await Scene.TokenAsync(agent: "other");
        var ids = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            using var opened = await Scene.PostAsync(Initialize, mine);
            Assert.Equal(HttpStatusCode.OK, opened.StatusCode);
            ids.AddRange(opened.Headers.GetValues("Mcp-Session-Id"));
        }

        using var third = await Scene.PostAsync(Initialize, mine);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, third.StatusCode);
        using var stolen = await Scene.PostAsync(Message(2, "tools/list", "{}"), theirs, ids[0]);
        Assert.Equal(HttpStatusCode.NotFound, stolen.StatusCode);
        using var unknown = await Scene.PostAsync(Message(2, "tools/list", "{}"), mine, "unknown");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using var own = await Scene.PostAsync(Message(2, "tools/list", "{}"), (await Scene.TokenAsync()).Token, ids[0]);
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    protected const string Initialize =
        """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""";

    protected static string Message(int id, string method, string parameters) => $$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{parameters}}}""";

    protected static async Task<string> TextAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        var result = await client.CallToolAsync(tool, arguments);
        Assert.NotEqual(true, result.IsError);
        return Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
    }

    private sealed class Steps(SemaphoreSlim seen) : IProgress<ProgressNotificationValue>
    {
        public void Report(ProgressNotificationValue value) => seen.Release();
    }
}
