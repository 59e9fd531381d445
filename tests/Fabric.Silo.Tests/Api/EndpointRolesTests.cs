using System.Net;
using System.Text.Json;
using Fabric.Engine;
using Fabric.Silo.Api;
using Fabric.Silo.OAuth.Registration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fabric.Silo.Tests.Api;

public sealed class EndpointRolesTests(StubServer server) : IClassFixture<StubServer>
{
    private static readonly Role[] Roles = [Role.Operator, Role.TenantAdmin, Role.Approver, Role.EnforcementPoint, Role.Auditor, Role.Agent, Role.Provisioner, Role.Registrar];

    private List<(string Method, string Path, Role Allowed, bool IsForm)> All =>
    [
        .. Surface.Verify(server.App).OfType<RouteEndpoint>().Where(endpoint => !TakesItsOwnToken(endpoint)).Select(endpoint => (
            endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods[0] ?? "GET", Fill(endpoint.RoutePattern.RawText!),
            endpoint.Metadata.GetMetadata<EndpointRoles>()!.Allowed, endpoint.Metadata.GetMetadata<FormFields>() is not null)),
    ];

    [Fact]
    public void There_are_as_many_endpoints_as_the_api_promises() => Assert.InRange(All.Count, 45, 140);

    [Fact]
    public async Task Without_a_secret_or_with_a_wrong_one_only_open_endpoints_answer()
    {
        foreach (var (method, path, allowed, isForm) in All)
        {
            foreach (var secret in new[] { null, "nobody", "", "fk.1.2" })
            {
                var status = (await server.SendAsync(method, path, secret, BodyFor(method, isForm))).StatusCode;
                Assert.True(status == HttpStatusCode.Unauthorized == (allowed != Role.None), $"{method} {path} with `{secret}` answered {status}");
            }
        }
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Each_endpoint_lets_in_its_roles_and_no_other()
    {
        foreach (var (method, path, allowed, isForm) in All.Where(endpoint => endpoint.Allowed != Role.None))
        {
            foreach (var role in Roles)
            {
                using var answer = await server.SendAsync(method, path, Caller.NameOf(role) + (isForm ? "@acme" : ""), BodyFor(method, isForm));
                // RFC 6749 section 5.2 tells `unauthorized_client` with 400.
                var isRefused = isForm ? (await answer.Content.ReadAsStringAsync()).Contains("unauthorized_client", StringComparison.Ordinal) : answer.StatusCode == HttpStatusCode.Forbidden;
                Assert.True(isRefused == !allowed.HasFlag(role), $"{method} {path} as {role} answered {answer.StatusCode}");
            }
        }
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_caller_of_one_tenant_finds_nothing_under_another()
    {
        foreach (var (method, path, allowed, isForm) in All.Where(endpoint => endpoint.Allowed != Role.None && endpoint.Path.Contains("/tenants/acme", StringComparison.Ordinal)))
        {
            foreach (var role in Roles.Where(role => allowed.HasFlag(role)))
            {
                server.Engine.Calls.Clear();
                var foreign = await server.SendAsync(method, path, Caller.NameOf(role) + "@other", BodyFor(method, isForm));
                // OAuth tells nothing of tenants: there is no such token here.
                var isOAuth = isForm || path.EndsWith("/oauth/register", StringComparison.Ordinal);
                Assert.True(foreign.StatusCode == (isOAuth ? HttpStatusCode.Unauthorized : HttpStatusCode.NotFound), $"{method} {path} as {role} of another tenant answered {foreign.StatusCode}");
                Assert.Empty(server.Engine.Calls);
                var own = await server.SendAsync(method, path, Caller.NameOf(role) + "@acme", BodyFor(method, isForm));

                // A stream is the receiver's that made it: nobody has made this one.
                Assert.True(own.StatusCode != HttpStatusCode.NotFound || path.Contains("/ssf/poll/", StringComparison.Ordinal), path);
            }
        }
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Where_a_client_manages_its_registration_no_key_and_no_secret_lets_anybody_in()
    {
        var own = Surface.Verify(server.App).OfType<RouteEndpoint>().Where(TakesItsOwnToken).ToList();
        Assert.Equal(["DELETE", "GET", "PUT"], own.Select(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0]).Order(StringComparer.Ordinal));
        server.Engine.Calls.Clear();
        foreach (var endpoint in own)
        {
            var method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0];
            foreach (var secret in new[] { null, "nobody", "", "fc.1" }.Concat(Roles.SelectMany(role => new[] { Caller.NameOf(role), Caller.NameOf(role) + "@acme", Caller.NameOf(role) + "@other" })))
            {
                var answer = await server.SendAsync(method, Fill(endpoint.RoutePattern.RawText!), secret, BodyFor(method, isForm: false));
                Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{method} with `{secret}` answered {answer.StatusCode}");
            }
        }
        Assert.Empty(server.Engine.Calls);
    }

    [Fact]
    public void An_endpoint_that_names_no_role_stops_the_start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        using var app = (IDisposable)builder.Build();
        var routes = (IEndpointRouteBuilder)app;
        routes.MapGet("/forgotten", () => "open to all");
        var fault = Assert.Throws<InvalidOperationException>(() => Surface.Verify(routes));
        Assert.Contains("/forgotten", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_description_names_every_endpoint_and_its_roles()
    {
        using var document = JsonDocument.Parse(await server.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)));
        var paths = document.RootElement.GetProperty("paths");
        foreach (var endpoint in Surface.Verify(server.App).OfType<RouteEndpoint>())
        {
            var path = endpoint.RoutePattern.RawText!.Replace("{**", "{", StringComparison.Ordinal);
            if (path.StartsWith("/openapi", StringComparison.Ordinal) || path is "/metrics" or "/v1/feed")
            {
                continue;
            }
            var method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0];
            var operation = paths.GetProperty(path).GetProperty(method.ToLowerInvariant());
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()), path);
            var said = operation.GetProperty("description").GetString()!;
            foreach (var role in RoleSets.NamesOf(endpoint.Metadata.GetMetadata<EndpointRoles>()!.Allowed))
            {
                Assert.Contains(role, said, StringComparison.Ordinal);
            }
            foreach (var parameter in endpoint.RoutePattern.Parameters)
            {
                Assert.Contains(operation.GetProperty("parameters").EnumerateArray(), each => each.GetProperty("name").GetString() == parameter.Name);
            }
        }
        foreach (var (name, operation) in paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(each => (path.Name + " " + each.Name, each.Value))))
        {
            Assert.True(operation.GetProperty("responses").TryGetProperty("default", out _) || name is "/v1/feed get", name);
        }
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas");
        Assert.StartsWith("Opens a session", schemas.GetProperty("OpenSession").GetProperty("description").GetString(), StringComparison.Ordinal);
        var required = schemas.GetProperty("SessionInfo").GetProperty("required").EnumerateArray().Select(each => each.GetString()).ToList();
        Assert.Contains("purpose", required);
        Assert.DoesNotContain("approvedBy", required);
        Assert.Equal("integer", schemas.GetProperty("SessionInfo").GetProperty("properties").GetProperty("depth").GetProperty("type").GetString());
    }

    private static bool TakesItsOwnToken(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<RegistrationAdmission>() is not null;

    private static string Fill(string pattern) => pattern
        .Replace("{t}", "acme", StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal)
        .Replace("{u}", "jane", StringComparison.Ordinal).Replace("{a}", "bot", StringComparison.Ordinal)
        .Replace("{s}", new string('0', 32), StringComparison.Ordinal).Replace("{id}", new string('0', 32), StringComparison.Ordinal)
        .Replace("{**target}", "invoices/7", StringComparison.Ordinal)
        .Replace("{revision}", "1", StringComparison.Ordinal).Replace("{kid}", "k1", StringComparison.Ordinal);

    private static HttpContent? BodyFor(string method, bool isForm) =>
        isForm ? new FormUrlEncodedContent([KeyValuePair.Create("token", "x")]) : HttpMethods.IsGet(method) ? null : StubServer.Json("{}");
}
