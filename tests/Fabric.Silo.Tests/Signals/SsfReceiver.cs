using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Fabric.Silo.Tests.Signals;

/// <summary>A receiver of a tenant's signals, with its key.</summary>
internal sealed record SsfReceiver(EngineServer Server, string Tenant, string Secret)
{
    public string Path(string rest) => $"/tenants/{Tenant}/ssf/{rest}";

    public Task<HttpResponseMessage> SendAsync(string method, string path, string? body = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
        return Server.Http.SendAsync(request);
    }

    public async Task<string> CreateAsync(string body = "{}")
    {
        using var answer = await SendAsync("POST", Path("stream"), body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return (string)JsonNode.Parse(text)!["stream_id"]!;
    }

    public async Task<string> SetStatusAsync(string stream, string status)
    {
        using var answer = await SendAsync("POST", Path("status"), new JsonObject { ["stream_id"] = stream, ["status"] = status }.ToJsonString());
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["status"]!;
    }

    public Task<Dictionary<string, string>> PollAsync(string stream, int? most = null, params string[] ack) => PollAsync(stream, most, true, ack);

    public Task<Dictionary<string, string>> PollAsync(string stream, bool immediately) => PollAsync(stream, null, immediately, []);

    private async Task<Dictionary<string, string>> PollAsync(string stream, int? most, bool immediately, string[] ack)
    {
        var poll = new JsonObject { ["returnImmediately"] = immediately, ["ack"] = new JsonArray([.. ack.Select(jti => (JsonNode)jti)]) };
        if (most is { } limit)
        {
            poll["maxEvents"] = limit;
        }
        using var answer = await SendAsync("POST", Path($"poll/{stream}"), poll.ToJsonString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!["sets"]!.AsObject().ToDictionary(each => each.Key, each => (string)each.Value!);
    }
}
