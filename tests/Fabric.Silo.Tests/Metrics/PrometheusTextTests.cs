
namespace Fabric.Silo.Tests.Metrics;

public sealed class PrometheusTextTests(StubServer server) : IClassFixture<StubServer>
{
    [Fact]
    public async Task Requests_are_counted_by_endpoint_and_status_without_names_of_tenants()
    {
        await server.SendAsync("GET", "/v1/tenants/secret-tenant/users", "operator");
        await server.SendAsync("GET", "/v1/tenants/secret-tenant/users", null);
        var text = await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains("fabric_http_requests_total{endpoint=\"GET /v1/tenants/{t}/users\",status=\"409\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("fabric_http_requests_total{endpoint=\"GET /v1/tenants/{t}/users\",status=\"401\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("fabric_http_duration_seconds_bucket{endpoint=\"GET /v1/tenants/{t}/users\",le=\"+Inf\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE fabric_http_duration_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains("fabric_part_ok{part=\"storage\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("fabric_ready 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-tenant", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_line_is_a_comment_or_a_sample()
    {
        var text = await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.All(
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Matches("^(# (HELP|TYPE) [a-z0-9_]+ ?.*|[a-zA-Z0-9_]+(\\{.*\\})? [-+0-9.eE]+)$", line));
    }
}
