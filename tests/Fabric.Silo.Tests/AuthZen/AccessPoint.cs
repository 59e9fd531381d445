using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Fabric.Silo.Tests.AuthZen;

/// <summary>A policy enforcement point that speaks AuthZEN and nothing else.</summary>
internal sealed class AccessPoint(EngineServer server, string? secret = null)
{
    public static JsonObject Subject(string type, string id, string? token = null) => token is null
        ? new JsonObject { ["type"] = type, ["id"] = id }
        : new JsonObject { ["type"] = type, ["id"] = id, ["properties"] = new JsonObject { ["token"] = token } };

    public static JsonObject Question(JsonNode? subject, string action, string resource, string? @class = "read")
    {
        var (type, id) = (resource[..resource.IndexOf('/', StringComparison.Ordinal)], resource[(resource.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        var question = new JsonObject
        {
            ["action"] = new JsonObject { ["name"] = action }, ["resource"] = new JsonObject { ["type"] = type, ["id"] = id },
        };
        if (subject is not null)
        {
            question["subject"] = subject.DeepClone();
        }
        if (@class is not null)
        {
            question["context"] = new JsonObject { ["class"] = @class };
        }
        return question;
    }

    public async Task<HttpResponseMessage> SendAsync(string path, string body, string? requestId = null, string type = "application/json")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/access/v1/" + path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret ?? server.OperatorSecret);
        if (requestId is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Request-ID", requestId);
        }
        return await server.Http.SendAsync(request);
    }

    public async Task<JsonNode> AskAsync(string path, JsonNode body)
    {
        using var answer = await SendAsync(path, body.ToJsonString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(text)!;
    }

    public async Task<(bool Decision, string? Reason)> EvaluateAsync(JsonNode question)
    {
        var answer = await AskAsync("evaluation", question);
        return ((bool)answer["decision"]!, (string?)answer["context"]?["reason"]);
    }

    public async Task<List<string>> SearchAsync(string what, JsonNode search, string field)
    {
        var answer = await AskAsync("search/" + what, search);
        return [.. answer["results"]!.AsArray().Select(each => (string)each![field]!)];
    }
}
