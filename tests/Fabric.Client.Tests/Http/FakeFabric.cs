using System.Net;
using System.Text;

namespace Fabric.Client.Tests.Http;

/// <summary>Answers requests as told, and remembers them: a network and its servers in one.</summary>
internal sealed class FakeFabric(Func<HttpRequestMessage, string, HttpResponseMessage> answer) : HttpMessageHandler
{
    public List<(string Address, string Body, string? LastEventId)> Seen { get; } = [];

    public static HttpResponseMessage Json(string json, int status = 200, string type = "application/json") =>
        new((HttpStatusCode)status) { Content = new StringContent(json, Encoding.UTF8, type) };

    public static HttpResponseMessage Problem(int status, string code) =>
        Json($$"""{"type":"urn:x","title":"t","status":{{status}},"code":"{{code}}","subject":"s","detail":"d"}""", status, "application/problem+json");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Seen.Add((request.RequestUri!.ToString(), body, request.Headers.TryGetValues("Last-Event-ID", out var ids) ? ids.Single() : null));
        return answer(request, body);
    }
}
