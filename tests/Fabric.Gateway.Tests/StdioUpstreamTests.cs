using System.Net;

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
}
