using System.Net;
using System.Text.Json;

namespace Fabric.Gateway.Tests;

/// <summary>A server that is a program.</summary>
public sealed class StdioUpstreamTests : GatewaySuite
{
    private protected override Task<GatewayScene> MakeSceneAsync() => GatewayScene.StartAsync((settings, scene) =>
    {
        GatewayScene.UseProgram(settings);
        settings.Limits.SessionsPerCallerMax = 2;
        settings.Upstream.EnvironmentFile = Path.Combine(scene.Folder, "environment");
        File.WriteAllText(settings.Upstream.EnvironmentFile, "UPSTREAM_SECRET=own\n");
    });

    [Fact]
    public async Task A_program_gets_its_own_environment_and_nothing_of_the_gateways()
    {
        Environment.SetEnvironmentVariable("GATEWAY_ONLY", "secret");
        await using var client = await Scene.ClientAsync((await Scene.TokenAsync()).Token);
        Assert.Equal("UPSTREAM_SECRET=own", await TextAsync(client, "environment", new() { ["name"] = "UPSTREAM_SECRET" }));
        Assert.Equal("GATEWAY_ONLY=", await TextAsync(client, "environment", new() { ["name"] = "GATEWAY_ONLY" }));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Each_principal_has_a_program_of_its_own()
    {
        await using var one = await Scene.ClientAsync((await Scene.TokenAsync()).Token);
        await using var other = await Scene.ClientAsync((await Scene.TokenAsync(agent: "other")).Token);
        Assert.NotEqual(await TextAsync(one, "process", []), await TextAsync(other, "process", []));
    }

    [Fact]
    public async Task A_session_ends_with_its_program_when_it_is_deleted()
    {
        var (_, token) = await Scene.TokenAsync();
        using var opened = await Scene.PostAsync(Initialize, token);
        var id = Assert.Single(opened.Headers.GetValues("Mcp-Session-Id"));
        using var request = new HttpRequestMessage(HttpMethod.Delete, Scene.Endpoint);
        request.Headers.Authorization = new("Bearer", token);
        request.Headers.Add("Mcp-Session-Id", id);
        using var ended = await Scene.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        using var after = await Scene.PostAsync(Message(2, "tools/list", "{}"), token, id);
        Assert.Equal(HttpStatusCode.NotFound, after.StatusCode);
    }

    [Theory]
    [InlineData("{}", true, HttpStatusCode.BadRequest, -32602)]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}}""", true, HttpStatusCode.BadRequest, -32602)]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}""", true, HttpStatusCode.BadRequest, -32602)]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]}}""", true, HttpStatusCode.BadRequest, -32602)]
    [InlineData(Described, false, HttpStatusCode.BadRequest, -32020)]
    [InlineData(Described, true, HttpStatusCode.ServiceUnavailable, -32000)]
    public async Task A_request_that_does_not_describe_itself_starts_no_program(string parameters, bool namesMethod, HttpStatusCode status, int error)
    {
        await using var scene = await GatewayScene.StartAsync((settings, scene) => settings.Upstream.Command = Path.Combine(scene.Folder, "there-is-no-such-program"));
        (string, string)[] headers = [("MCP-Protocol-Version", "2026-07-28"), .. namesMethod ? new[] { ("Mcp-Method", "tools/list") } : []];
        using var answer = await scene.PostAsync(Message(7, "tools/list", parameters), (await scene.TokenAsync()).Token, null, headers);
        var said = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal((status, error), (answer.StatusCode, said.GetProperty("error").GetProperty("code").GetInt32()));
    }

    [Theory]
    [InlineData("tools/call", "name")]
    [InlineData("prompts/get", "name")]
    [InlineData("resources/read", "uri")]
    public async Task A_request_that_names_something_names_it_in_its_header_too(string method, string member)
    {
        var (_, token) = await Scene.TokenAsync();
        var parameters = $$"""{{{Described[1..^1]}},"{{member}}":"note://one"}""";
        (string, string)[] headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)];
        using var without = await Scene.PostAsync(Message(7, method, parameters), token, null, headers);
        Assert.Equal(-32020, JsonElement.Parse(await without.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("code").GetInt32());
        using var with = await Scene.PostAsync(Message(7, method, parameters), token, null, [.. headers, ("Mcp-Name", "note://one")]);
        Assert.DoesNotContain("-32020", await with.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private const string Described = """{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}""";
}
