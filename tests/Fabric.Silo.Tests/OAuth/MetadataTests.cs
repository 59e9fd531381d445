using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Fabric.Client;
using Fabric.Contracts.Tenants;
using Fabric.Silo.OAuth;

namespace Fabric.Silo.Tests.OAuth;

public sealed class MetadataTests(EngineServer server) : IClassFixture<EngineServer>
{
    [Theory]
    [InlineData("/.well-known/oauth-authorization-server/tenants/{0}")]
    [InlineData("/.well-known/openid-configuration/tenants/{0}")]
    [InlineData("/tenants/{0}/.well-known/openid-configuration")]
    public async Task The_metadata_of_a_tenant_names_the_issuer_that_its_tokens_name(string path)
    {
        var tenant = await TenantAsync();
        using var answer = await GetAsync(path, tenant);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal((true, TimeSpan.FromMinutes(5)), (answer.Headers.CacheControl?.Public, answer.Headers.CacheControl?.MaxAge));
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var root = document.RootElement;
        Assert.Equal($"https://fabric.local/tenants/{tenant}", root.GetProperty("issuer").GetString());
        Assert.Equal($"https://fabric.local/v1/tenants/{tenant}/jwks.json", root.GetProperty("jwks_uri").GetString());
        Assert.Equal("code", Assert.Single(root.GetProperty("response_types_supported").EnumerateArray()).GetString());
        Assert.Equal("S256", Assert.Single(root.GetProperty("code_challenge_methods_supported").EnumerateArray()).GetString());
        Assert.True(root.GetProperty("authorization_response_iss_parameter_supported").GetBoolean());
        Assert.False(root.GetProperty("require_pushed_authorization_requests").GetBoolean());
        foreach (var (name, end) in (IEnumerable<(string, string)>)
        [
            ("authorization_endpoint", "authorize"), ("pushed_authorization_request_endpoint", "par"), ("backchannel_authentication_endpoint", "bc-authorize"), ("token_endpoint", "token"),
        ])
        {
            Assert.Equal($"https://fabric.local/tenants/{tenant}/oauth/{end}", root.GetProperty(name).GetString());
        }
    }

    [Theory]
    [InlineData("/.well-known/oauth-authorization-server/tenants/{0}")]
    [InlineData("/tenants/{0}/.well-known/openid-configuration")]
    [InlineData("/v1/tenants/{0}/jwks.json")]
    public async Task What_is_not_a_tenant_has_no_metadata_and_no_keys(string path)
    {
        using var answer = await GetAsync(path, "nobody");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(true, answer.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task Keys_may_be_kept_for_a_minute_and_asked_about_by_their_tag()
    {
        var tenant = await TenantAsync();
        using var first = await GetAsync("/v1/tenants/{0}/jwks.json", tenant);
        Assert.Equal((true, TimeSpan.FromMinutes(1)), (first.Headers.CacheControl?.Public, first.Headers.CacheControl?.MaxAge));
        var tag = first.Headers.ETag!;

        using var same = await GetAsync("/v1/tenants/{0}/jwks.json", tenant, tag);
        Assert.Equal((HttpStatusCode.NotModified, 0), (same.StatusCode, (await same.Content.ReadAsByteArrayAsync()).Length));
        Assert.Equal(tag, same.Headers.ETag);

        await server.Operator.RotateSigningKeyAsync(tenant).OrThrow();
        using var other = await GetAsync("/v1/tenants/{0}/jwks.json", tenant, tag);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.NotEqual(tag, other.Headers.ETag);
    }

    [Fact]
    public async Task A_query_that_the_document_does_not_know_is_refused()
    {
        using var answer = await GetAsync("/.well-known/oauth-authorization-server/tenants/{0}?resource=x", await TenantAsync());
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public void An_issuer_with_a_path_has_its_metadata_where_rfc_8414_puts_it()
    {
        var issuers = new Issuers("https://example.org/fabric");
        Assert.Equal("/.well-known/oauth-authorization-server/fabric/tenants/{t}", issuers.ServerMetadataPath);
        Assert.Equal("https://example.org/fabric/tenants/acme", issuers.Of("acme"));
        Assert.Equal("https://example.org/fabric/tenants/acme/oauth/token", issuers.TokenOf("acme"));
    }

    private async Task<string> TenantAsync()
    {
        var tenant = "t" + Guid.NewGuid().ToString("N");
        await server.Operator.CreateTenantAsync(new CreateTenant(tenant)).OrThrow();
        return tenant;
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string tenant, EntityTagHeaderValue? known = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, string.Format(System.Globalization.CultureInfo.InvariantCulture, path, tenant));
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }
        return await server.Http.SendAsync(request);
    }
}
