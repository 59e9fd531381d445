using System.Net.Http.Headers;
using System.Text;
using Fabric.Client;
using Fabric.Contracts.Revocations;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Clients with a secret, and what a request must be like (RFC 6749 sections 2.3 and 3.2).</summary>
public sealed class ClientAuthenticationTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    private static readonly (string, string) Grant = ("grant_type", "client_credentials");

    [Fact]
    public async Task A_client_gives_its_secret_by_basic_by_post_or_as_a_bearer()
    {
        var client = await server.AgentAsync();
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, Grant)).Ok();
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, Grant, ("client_id", client.Id))).Ok();
        (await server.PostAsync(client.Tenant, "token", null, Grant, ("client_id", client.Id), ("client_secret", client.Secret))).Ok();
        (await server.PostAsync(client.Tenant, "token", $"Bearer {client.Secret}", Grant)).Ok();
    }

    [Theory]
    [InlineData("a:b@c+d")]
    [InlineData("mia.assistant-2_x")]
    public async Task An_id_with_every_kind_of_letter_is_form_urlencoded_in_basic(string id)
    {
        var client = await server.AgentAsync(id: id);
        (await client.TokenAsync()).Ok();
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_client_the_answer_is_the_same()
    {
        var client = await server.AgentAsync();
        var (sibling, stranger) = (await server.AgentAsync(client.Tenant), await server.AgentAsync());
        var retired = await server.AgentAsync(client.Tenant);
        await server.Operator.RetireAgentAsync(retired.Tenant, retired.Id, new EndNode("over")).OrThrow();
        string?[] headers =
        [
            null, "", "Basic", "Basic !", "Basic " + Convert.ToBase64String("nocolon"u8), "Basic " + new string('A', 8_000), "Digest x", "Bearer", "Bearer x", client.Secret,
            AgentClient.Basic(client.Id, ""), AgentClient.Basic("", client.Secret), AgentClient.Basic(client.Id, client.Secret + "x"), AgentClient.Basic(client.Id, sibling.Secret),
            AgentClient.Basic(sibling.Id, client.Secret), AgentClient.Basic(client.Id.ToUpperInvariant(), client.Secret), stranger.BasicHeader, retired.BasicHeader,
            AgentClient.Basic("nobody", client.Secret), "Basic " + Convert.ToBase64String([.. Encoding.ASCII.GetBytes(client.Id + ":%zz")]),
            "Basic " + Convert.ToBase64String([.. Encoding.ASCII.GetBytes(client.Id + ":"), 0xff, 0xfe]),
        ];
        var said = new HashSet<string?>(StringComparer.Ordinal);
        foreach (var header in headers)
        {
            var answer = await server.PostAsync(client.Tenant, "token", header, Grant);
            answer.Refused("invalid_client", 401);
            said.Add(answer.Text("error_description"));
        }
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, Grant, ("client_id", sibling.Id))).Refused("invalid_client", 401);
        (await server.PostAsync(client.Tenant, "token", null, Grant, ("client_secret", client.Secret))).Refused("invalid_client", 401);
        (await server.PostAsync("nosuchtenant", "token", client.BasicHeader, Grant)).Refused("invalid_client", 401);
        Assert.Single(said);
    }

    [Fact]
    public async Task A_rotated_secret_is_no_secret_any_more()
    {
        var client = await server.AgentAsync();
        var next = (await server.Operator.RotateAgentSecretAsync(client.Tenant, client.Id).OrThrow()).Secret;
        (await client.TokenAsync()).Refused("invalid_client", 401);
        (await (client with { Secret = next }).TokenAsync()).Ok();
    }

    [Fact]
    public async Task A_client_authenticates_in_one_way_at_a_time()
    {
        var client = await server.AgentAsync();
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, Grant, ("client_id", client.Id), ("client_secret", client.Secret))).Refused("invalid_request");
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, Grant, ("client_assertion", "x"))).Refused("invalid_request");
        (await server.PostAsync(client.Tenant, "token", null, Grant, ("client_secret", client.Secret), ("client_assertion", "x"))).Refused("invalid_request");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/tenants/{client.Tenant}/oauth/token") { Content = OAuthServer.Form(Grant) };
        request.Headers.TryAddWithoutValidation("Authorization", [client.BasicHeader, client.BasicHeader]);
        using var twice = await server.Http.SendAsync(request);
        Assert.NotEqual(200, (int)twice.StatusCode);
    }

    [Fact]
    public async Task An_api_key_may_not_ask_for_tokens()
    {
        var tenant = await server.TenantAsync();
        foreach (var role in (string[])["tenant_admin", "enforcement_point", "auditor", "approver"])
        {
            var secret = await server.KeyAsync(role, tenant);
            (await server.PostAsync(tenant, "token", AgentClient.Basic(secret.Split('.')[1], secret), Grant)).Refused("unauthorized_client");
        }
    }

    [Fact]
    public async Task A_secret_in_the_query_string_is_refused_whether_right_or_wrong()
    {
        var client = await server.AgentAsync();
        foreach (var query in (string[])[$"client_id={client.Id}&client_secret={client.Secret}", "grant_type=client_credentials", "x"])
        {
            (await server.PostAsync(client.Tenant, $"token?{query}", client.BasicHeader, Grant)).Refused("invalid_request");
            (await server.PostAsync(client.Tenant, $"introspect?{query}", client.BasicHeader, ("token", "x"))).Refused("invalid_request");
            (await server.PostAsync(client.Tenant, $"revoke?{query}", client.BasicHeader, ("token", "x"))).Refused("invalid_request");
        }
    }

    [Theory]
    [InlineData("grant_type=client_credentials&grant_type=client_credentials")]
    [InlineData("grant_type=client_credentials&scope=mail&scope=files")]
    [InlineData("grant_type=client_credentials&scope=&scope=")]
    [InlineData("grant_type=client_credentials&unknown=1&unknown=2")]
    [InlineData("grant_type=client_credentials&sc%6Fpe=mail&scope=mail")]
    [InlineData("grant_type=client_credentials&scope=%")]
    [InlineData("grant_type=client_credentials&scope=%zz")]
    [InlineData("grant_type=client_credentials&scope=%ff")]
    [InlineData("grant_type=client_credentials&=mail")]
    [InlineData("grant_type")]
    [InlineData("")]
    public async Task A_body_that_can_be_read_in_two_ways_or_none_is_refused(string body)
    {
        var client = await server.AgentAsync();
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, OAuthServer.Raw(body))).Refused("invalid_request");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-16")]
    public async Task Another_content_type_is_refused(string type)
    {
        var client = await server.AgentAsync();
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, OAuthServer.Raw("grant_type=client_credentials", type))).Refused("invalid_request");
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task A_body_or_a_list_past_its_limit_is_refused()
    {
        var client = await server.AgentAsync();
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, OAuthServer.Raw("grant_type=client_credentials&x=" + new string('a', 64 * 1024)))).Refused("invalid_request", 413);
        var many = string.Concat(Enumerable.Range(0, 32).Select(i => $"&p{i}=1"));
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, OAuthServer.Raw("grant_type=client_credentials" + many))).Refused("invalid_request");
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, OAuthServer.Raw("grant_type=client_credentials&" + new string('&', 60_000)))).Ok();
        using var chunked = new StreamContent(new MemoryStream(new byte[1 << 20]));
        chunked.Headers.ContentType = MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded");
        chunked.Headers.ContentLength = null;
        (await server.PostAsync(client.Tenant, "token", client.BasicHeader, chunked)).Refused("invalid_request", 413);
    }

    [Fact]
    public async Task Only_post_is_taken()
    {
        var client = await server.AgentAsync();
        foreach (var method in (string[])["GET", "PUT", "DELETE"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"/tenants/{client.Tenant}/oauth/token");
            request.Headers.TryAddWithoutValidation("Authorization", client.BasicHeader);
            Assert.Equal(405, (int)(await server.Http.SendAsync(request)).StatusCode);
        }
    }
}
