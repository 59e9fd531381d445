using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests.AuthZen;

/// <summary>A silo that may have missed a revocation lists nothing as permitted.</summary>
public sealed class LeaselessTests
{
    [Theory]
    [InlineData(true, HttpStatusCode.OK)]
    [InlineData(false, HttpStatusCode.ServiceUnavailable)]
    [Trait("Invariant", "R2")]
    public async Task A_search_is_answered_by_a_silo_that_holds_its_lease_alone(bool holds, HttpStatusCode status)
    {
        await using var engine = new StubEngine { Health = new(true, [new HealthPart("feed", holds, null)]) };
        engine.Answer = (method, _) => method.Name switch
        {
            "ListLocksAsync" => (Outcome<Page<LockInfo>>)new Page<LockInfo>([], null),
            "ListSessionsAsync" => (Outcome<Page<SessionInfo>>)new Page<SessionInfo>([], null),
            _ => StubFabric.Refuse(method.ReturnType.GetGenericArguments()[0]),
        };
        await using var app = SiloHost.Build(new SiloOptions { Urls = "http://127.0.0.1:0" }, engine, NullLoggerFactory.Instance);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        foreach (var (path, subject) in new[] { ("subject", """{"type":"session"}"""), ("resource", """{"type":"credential","id":"x"}"""), ("action", """{"type":"credential","id":"x"}""") })
        {
            var body = $$$"""{"subject":{{{subject}}},"action":{"name":"t:a"},"resource":{"type":"doc","id":"1"}}""";
            using var request = new HttpRequestMessage(HttpMethod.Post, "/access/v1/search/" + path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "tenant_admin@acme");
            using var answer = await http.SendAsync(request);
            Assert.Equal((path, status), (path, answer.StatusCode));
        }
    }
}
