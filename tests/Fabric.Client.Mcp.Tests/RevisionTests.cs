using System.Net;
using System.Text.Json;
using Fabric.Core.Common;

namespace Fabric.Client.Mcp.Tests;

/// <summary>What the guard itself answers, by the revision of the protocol that a request is of.</summary>
public sealed class RevisionTests : IAsyncLifetime
{
    private const string Described = """{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"taskId":"t1","uri":"file:///a"}""";

    private GuardedServer _server = null!;
    private string _token = "";

    public async Task InitializeAsync()
    {
        _server = await GuardedServer.StartAsync();
        _token = (await _server.TokenAsync()).Token;
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("2026-07-28", Described, "somebody/knows", HttpStatusCode.NotFound, -32601)]
    [InlineData("2026-07-28", "{}", "somebody/knows", HttpStatusCode.NotFound, -32601)]
    [InlineData("2026-07-28", Described, "resources/subscribe", HttpStatusCode.NotFound, -32601)]
    [InlineData("2025-11-25", "{}", "somebody/knows", HttpStatusCode.Forbidden, -32010)]
    public async Task A_method_that_the_guard_does_not_know_is_not_there_and_before_2026_denied_without_a_status_that_ends_a_session(
        string revision, string parameters, string method, HttpStatusCode status, int error)
    {
        using var answer = await PostAsync(method, parameters, revision);
        var said = await ReadAsync(answer);
        Assert.Equal((status, error, 7), (answer.StatusCode, said.GetProperty("error").GetProperty("code").GetInt32(), said.GetProperty("id").GetInt32()));
        Assert.Equal(Codes.RequestNoRule, said.GetProperty("error").GetProperty("data").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("2026-07-28", "MCP-Protocol-Version", "2025-11-25")]
    [InlineData("2026-07-28", "Mcp-Method", "tools/call")]
    [InlineData("2026-07-28", "Mcp-Name", "t2")]
    [InlineData("v999.0.0", "Mcp-Method", "tasks/get")]
    public async Task A_header_that_does_not_say_what_the_message_says_is_refused_under_the_messages_own_id(string revision, string header, string value)
    {
        using var answer = await PostAsync("tasks/get", Described, revision, (header, value));
        var said = await ReadAsync(answer);
        Assert.Equal((HttpStatusCode.BadRequest, -32020, 7), (answer.StatusCode, said.GetProperty("error").GetProperty("code").GetInt32(), said.GetProperty("id").GetInt32()));
    }

    [Fact]
    public async Task The_name_of_a_request_about_a_task_is_the_tasks()
    {
        using var answer = await PostAsync("tasks/get", Described, "2026-07-28", ("Mcp-Method", "tasks/get"), ("Mcp-Name", "t1"));
        Assert.DoesNotContain("-32020", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> PostAsync(string method, string parameters, string revision, params (string Name, string Value)[] headers) => _server.PostAsync(
        $$"""{"jsonrpc":"2.0","id":7,"method":"{{method}}","params":{{parameters}}}""", _token, change: request =>
        {
            request.Headers.Remove("MCP-Protocol-Version");
            request.Headers.Add("MCP-Protocol-Version", revision);
            foreach (var (name, value) in headers)
            {
                request.Headers.Add(name, value);
            }
        });

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer) => JsonElement.Parse(await answer.Content.ReadAsStringAsync());
}
