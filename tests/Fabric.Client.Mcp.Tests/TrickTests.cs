using System.Net;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Microsoft.Extensions.DependencyInjection;

namespace Fabric.Client.Mcp.Tests;

/// <summary>Messages that would have the guard see one thing and the server another.</summary>
public sealed class TrickTests : IAsyncLifetime
{
    private GuardedServer _server = null!;
    private string _token = "";

    public async Task InitializeAsync()
    {
        _server = await GuardedServer.StartAsync(options =>
        {
            options.Tools["stubborn"] = new McpToolRule("x/{n}");
            options.MessageBytesMax = 64 * 1024;
        });
        _token = (await _server.TokenAsync(resource: "files/public/*")).Token;
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("public/../private/a")]
    [InlineData("public/..")]
    [InlineData("public/./a")]
    [InlineData("public//a")]
    [InlineData("/public/a")]
    [InlineData("public/a/")]
    [InlineData("public/%2e%2e/private")]
    [InlineData("public/%2E%2e%2Fprivate")]
    [InlineData("public/..%2fprivate")]
    [InlineData("public/%252e%252e/private")]
    [InlineData("public\\..\\private")]
    [InlineData("public/%5c..%5cprivate")]
    [InlineData("public/.. /private")]
    [InlineData("public/.../private")]
    [InlineData("public/ a")]
    [InlineData("public/a\u0000b")]
    [InlineData("public/a\u202eb")]
    [InlineData("")]
    public async Task A_path_that_could_lead_elsewhere_is_not_clear(string path)
    {
        var arguments = $$"""{"path":{{System.Text.Json.JsonSerializer.Serialize(path)}}}""";
        await UnclearAsync(GuardedServer.CallOf("read_file", arguments));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"path":null}""")]
    [InlineData("""{"path":["public/a"]}""")]
    [InlineData("""{"path":{"a":"public/a"}}""")]
    [InlineData("""{"path":1.5}""")]
    [InlineData("""{"path":1e2}""")]
    [InlineData("""{"path":"\ud800"}""")]
    [InlineData("""{"path":"public/a","Path":"private/a"}""")]
    [InlineData("""{"PATH":"public/a"}""")]
    [InlineData("""{"path":"public/a","path\u0000":"private/a"}""")]
    [InlineData("""{"path":"public/a","pat\u210e":"private/a"}""")]
    public async Task An_argument_that_is_no_one_text_is_not_clear(string arguments) => await UnclearAsync(GuardedServer.CallOf("read_file", arguments));

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_file","name":"delete_file","arguments":{"path":"public/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_file","Name":"delete_file","arguments":{"path":"public/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_file","n\u0061me":"delete_file","arguments":{"path":"public/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_file","arguments":{"path":"public/a","path":"private/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_file","arguments":{"path":"public/a"},"ARGUMENTS":{"path":"private/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","Method":"tools/call","params":{"name":"delete_file","arguments":{"path":"public/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_file","arguments":{"path":"public/a"}},"param\u017f":{"name":"delete_file","arguments":{"path":"public/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_file","arguments":{"path":"public/a"},"argument\u017f":{"path":"private/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","method\u0000":"tools/call","params":{"name":"delete_file","arguments":{"path":"public/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/call","params":{"name":"delete_file","arguments":{"path":"public/a"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","result":{},"params":{"name":"delete_file","arguments":{"path":"public/a"}}}""")]
    [InlineData("""[{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"delete_file","arguments":{"path":"public/a"}}}]""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":["delete_file"]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":{"a":1},"method":"tools/call","params":{"name":"who"}}""")]
    [InlineData("""{"jsonrpc":"1.0","id":7,"method":"tools/call","params":{"name":"who"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"who"}} {"jsonrpc":"2.0"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"who"}""")]
    [InlineData("")]
    public async Task A_message_that_two_readers_could_read_differently_is_refused(string body)
    {
        using var answer = await _server.PostAsync(body, _token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    public async Task What_is_too_large_or_too_deep_is_refused_before_anything_runs()
    {
        using var large = await _server.PostAsync(GuardedServer.CallOf("write_file", $$"""{"path":"a","text":"{{new string('x', 70_000)}}"}"""), _token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using var chunked = await _server.PostAsync(GuardedServer.CallOf("write_file", $$"""{"path":"a","text":"{{new string('x', 70_000)}}"}"""), _token, change: request => request.Headers.TransferEncodingChunked = true);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, chunked.StatusCode);
        using var deep = await _server.PostAsync(GuardedServer.CallOf("who", $$"""{"a":{{new string('[', 1000)}}{{new string(']', 1000)}}}"""), _token);
        Assert.Equal(HttpStatusCode.BadRequest, deep.StatusCode);
        using var longPath = await _server.PostAsync(GuardedServer.CallOf("read_file", $$"""{"path":"public/{{new string('x', 5000)}}"}"""), _token);
        Assert.Contains(Codes.TooLarge, await longPath.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    public async Task A_segment_of_a_template_holds_no_slash()
    {
        var wide = (await _server.TokenAsync()).Token;
        using var slash = await _server.PostAsync(GuardedServer.CallOf("write_file", """{"path":"public/a","text":""}"""), wide);
        Assert.Contains(Codes.RequestUnclear, await slash.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var plain = await _server.PostAsync(GuardedServer.CallOf("write_file", """{"path":"a","text":""}"""), wide);
        Assert.Contains("write a 0", await plain.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var number = await _server.PostAsync(GuardedServer.CallOf("stubborn", """{"n":true}"""), _token);
        Assert.Equal(HttpStatusCode.Forbidden, number.StatusCode);
    }

    [Theory]
    [InlineData("read_file", ActionClass.Read)]
    [InlineData("write_file", ActionClass.Write)]
    [InlineData("delete_file", ActionClass.Destructive)]
    [InlineData("nobody_knows", ActionClass.Destructive)]
    public async Task The_class_of_a_call_comes_from_the_tools_annotations(string tool, ActionClass expected)
    {
        var session = await _server.Operator.OpenSessionAsync("acme", new("bot", "test", [new("files", ReadOnly: true)])).OrThrow();
        var token = (await _server.Operator.IssueCredentialsAsync(session.Id, new(Audience: GuardedServer.Resource)).OrThrow()).Credentials[0].Token;
        using var answer = await _server.PostAsync(GuardedServer.CallOf(tool, """{"path":"a","text":""}"""), token);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(expected != ActionClass.Read, text.Contains(Codes.ReadOnly, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_denied_call_does_not_reach_the_servers_own_filters()
    {
        var seen = 0;
        await using var server = await GuardedServer.StartAsync(more: mcp => mcp.WithRequestFilters(filters => filters.AddCallToolFilter(next => (context, cancellation) =>
        {
            seen++;
            return next(context, cancellation);
        })));
        using var denied = await server.PostAsync(GuardedServer.CallOf("who", "{}"), (await server.TokenAsync(tool: "other")).Token);
        Assert.Equal((HttpStatusCode.Forbidden, 0), (denied.StatusCode, seen));
        using var past = await server.PostAsync(GuardedServer.CallOf("who", "{}"), null, "/unguarded");
        Assert.Equal(0, seen);
        using var allowed = await server.PostAsync(GuardedServer.CallOf("who", "{}"), (await server.TokenAsync()).Token);
        Assert.Equal((HttpStatusCode.OK, 1), (allowed.StatusCode, seen));
    }

    private async Task UnclearAsync(string body)
    {
        using var answer = await _server.PostAsync(body, _token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(Codes.RequestUnclear, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_server.Log.Lines);
    }
}
