using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Revocations;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>`private_key_jwt` (RFC 7523): who signs with its own key is let in once by each assertion; everything else is not.</summary>
public sealed class ClientAssertionTests(OAuthServer server) : IClassFixture<OAuthServer>, IDisposable
{
    private readonly SigningClient _key = new();

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task An_assertion_lets_its_agent_in_without_a_secret()
    {
        var client = await ClientAsync();
        (await SendAsync(client, _key.Assertion(client))).Ok();
        (await SendAsync(client, _key.Assertion(client, head: header => header["kid"] = "k1"))).Ok();
        (await SendAsync(client, _key.Assertion(client, head: header => header.Remove("typ")))).Ok();
        (await SendAsync(client, _key.Assertion(client, head: header => header["typ"] = "client-authentication+jwt"))).Ok();
        (await SendAsync(client, _key.Assertion(client, claims => claims["aud"] = new JsonArray(client.Issuer)))).Ok();
        (await SendAsync(client, _key.Assertion(client, claims => claims["exp"] = server.Now + 0.5 + 240), ("client_id", client.Id))).Ok();
        (await SendAsync(client, _key.Assertion(client), "introspect", ("token", "x"))).Ok();
        (await SendAsync(client, _key.Assertion(client), "revoke", ("token", "x"))).Ok();
    }

    [Fact]
    public async Task An_assertion_is_used_once_wherever_and_for_whatever()
    {
        var client = await ClientAsync();
        var assertion = _key.Assertion(client);
        (await SendAsync(client, assertion)).Ok();
        (await SendAsync(client, assertion)).Refused("invalid_client", 401);
        (await SendAsync(client, assertion, "introspect", ("token", "x"))).Refused("invalid_client", 401);
        (await SendAsync(client, _key.Assertion(client, claims => claims["jti"] = "mine"))).Ok();
        (await SendAsync(client, _key.Assertion(client, claims => claims["jti"] = "mine"))).Refused("invalid_client", 401);

        // Another agent may choose the same `jti`.
        var sibling = await ClientAsync(client.Tenant);
        (await SendAsync(sibling, _key.Assertion(sibling, claims => claims["jti"] = "mine"))).Ok();

        // Also one whose request was wrong otherwise.
        assertion = _key.Assertion(client);
        (await SendAsync(client, assertion, ("scope", "nothing"))).Refused("invalid_scope");
        (await SendAsync(client, assertion)).Refused("invalid_client", 401);
    }

    public static TheoryData<string> Wrongs =>
    [
        "aud:token endpoint", "aud:two", "aud:other tenant", "aud:fabric", "aud:empty", "aud:none", "aud:number", "iss:other", "iss:none", "sub:other", "sub:none", "sub:odd",
        "exp:none", "exp:past", "exp:far", "exp:text", "exp:huge", "iat:none", "iat:future", "iat:old", "nbf:future", "nbf:text", "jti:none", "jti:empty", "jti:long", "jti:number",
        "alg:none", "alg:HS256", "alg:ES384", "alg:es256", "typ:dpop+jwt", "typ:at+jwt", "typ:number", "kid:unknown", "kid:number", "head:crit", "head:jwk", "head:jku", "head:x5c", "head:b64",
    ];

    [Theory]
    [MemberData(nameof(Wrongs))]
    public async Task An_assertion_with_anything_wrong_is_refused_and_its_id_is_not_used_up(string wrong)
    {
        var client = await ClientAsync();
        var other = await server.TenantAsync();
        var id = Guid.NewGuid().ToString("N");
        (await SendAsync(client, _key.Assertion(client, Claims, Head))).Refused("invalid_client", 401);
        (await SendAsync(client, _key.Assertion(client, claims => claims["jti"] = id))).Ok();

        void Claims(JsonObject claims)
        {
            claims["jti"] = id;
            var (name, what) = (wrong[..3], wrong[4..]);
            JsonNode? value = (name, what) switch
            {
                ("aud", "token endpoint") => client.Issuer + "/oauth/token",
                ("aud", "two") => new JsonArray(client.Issuer, "https://elsewhere.example"),
                ("aud", "other tenant") => $"{OAuthServer.Address}/tenants/{other}",
                ("aud", "fabric") => OAuthServer.Address,
                ("aud", "empty") => new JsonArray(),
                ("sub" or "iss", "other") => "somebody",
                ("sub", "odd") => "a/b",
                ("exp", "past") => server.Now - 6,
                ("exp", "far") => server.Now + 400,
                ("exp", "huge") => 1e300,
                ("iat", "future") => server.Now + 30,
                ("iat", "old") => server.Now - 400,
                ("nbf", "future") => server.Now + 30,
                ("jti", "empty") => "",
                ("jti", "long") => new string('j', 257),
                (_, "text") => "soon",
                (_, "number") => 1,
                _ => null,
            };
            if (what == "none" || value is not null)
            {
                claims.Remove(name);
            }
            if (value is not null)
            {
                claims[name] = value;
            }
        }

        void Head(JsonObject header)
        {
            var (name, what) = (wrong.Split(':')[0], wrong.Split(':')[1]);
            if (name is "alg" or "typ" or "kid")
            {
                header[name] = what == "number" ? 1 : what;
            }
            else if (name == "head")
            {
                header[what] = what == "crit" ? new JsonArray("exp") : what == "jwk" ? _key.Jwk : what == "b64" ? true : "x";
            }
        }
    }

    [Fact]
    public async Task A_public_key_is_no_hmac_secret_and_another_key_is_not_the_agents()
    {
        var client = await ClientAsync();
        using var stranger = new SigningClient();
        (await SendAsync(client, stranger.Assertion(client))).Refused("invalid_client", 401);
        (await SendAsync(client, stranger.Assertion(client, head: header => header["kid"] = "k1"))).Refused("invalid_client", 401);
        (await SendAsync(client, _key.SignWithThePublicKey(new JsonObject { ["typ"] = "JWT" }, SigningClient.Claims(client)))).Refused("invalid_client", 401);
        (await SendAsync(client, SigningClient.Input(new JsonObject { ["alg"] = "none" }, SigningClient.Claims(client)) + ".")).Refused("invalid_client", 401);
        foreach (var text in (string[])["x", "..", "a.b.c", new string('a', 20_000), _key.Assertion(client) + "=", _key.Assertion(client) + " ", "\u00e9" + _key.Assertion(client)])
        {
            (await SendAsync(client, text)).Refused("invalid_client", 401);
        }
    }

    [Fact]
    public async Task A_token_of_the_fabric_or_a_proof_is_no_assertion()
    {
        var client = await ClientAsync();
        var token = (await client.TokenAsync()).Token;
        (await SendAsync(client, token)).Refused("invalid_client", 401);
        (await SendAsync(client, _key.Proof(client, null, claims =>
        {
            foreach (var (name, value) in SigningClient.Claims(client))
            {
                claims[name] = value?.DeepClone();
            }
        }))).Refused("invalid_client", 401);
    }

    [Fact]
    public async Task An_assertion_is_good_at_its_own_issuer_alone()
    {
        var client = await ClientAsync();
        var twin = await ClientAsync(id: client.Id);
        (await SendAsync(twin, _key.Assertion(client))).Refused("invalid_client", 401);
        (await SendAsync(client, _key.Assertion(client))).Ok();
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_key_that_was_taken_away_and_an_agent_that_has_ended_are_let_in_no_more()
    {
        var client = await ClientAsync();
        await server.Operator.SetAgentKeysAsync(client.Tenant, client.Id, new SetAgentKeys([])).OrThrow();
        (await SendAsync(client, _key.Assertion(client))).Refused("invalid_client", 401);
        (await client.TokenAsync()).Ok();

        var retired = await ClientAsync();
        await server.Operator.RetireAgentAsync(retired.Tenant, retired.Id, new EndNode("over")).OrThrow();
        (await SendAsync(retired, _key.Assertion(retired))).Refused("invalid_client", 401);
        var ended = await ClientAsync();
        await server.Operator.RevokeAsync(new RevokeRequest(new("tenant", ended.Tenant), Mode: "terminal")).OrThrow();
        (await SendAsync(ended, _key.Assertion(ended))).Refused("invalid_client", 401);
    }

    [Fact]
    public async Task An_assertion_needs_its_type()
    {
        var client = await ClientAsync();
        (await server.PostAsync(client.Tenant, "token", null, ("grant_type", "client_credentials"), ("client_assertion", _key.Assertion(client)))).Refused("invalid_request");
        (await server.PostAsync(
            client.Tenant, "token", null, ("grant_type", "client_credentials"), ("client_assertion", _key.Assertion(client)),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"))).Refused("invalid_request");
    }

    [Fact]
    public async Task What_may_have_been_used_before_the_start_is_told_to_be_made_again()
    {
        var young = new OAuthServer { HasJustStarted = true };
        await young.InitializeAsync();
        var client = await young.AgentAsync();
        await young.Operator.SetAgentKeysAsync(client.Tenant, client.Id, new SetAgentKeys([_key.KeyDto("k1")])).OrThrow();
        (string, string)[] Form(string assertion) =>
            [("grant_type", "client_credentials"), ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), ("client_assertion", assertion)];
        var early = _key.Assertion(client);
        (await young.PostAsync(client.Tenant, "token", null, Form(early))).Refused("temporarily_unavailable", 503);
        young.Time.Advance(TimeSpan.FromSeconds(7));
        (await young.PostAsync(client.Tenant, "token", null, Form(early))).Refused("temporarily_unavailable", 503);
        (await young.PostAsync(client.Tenant, "token", null, Form(_key.Assertion(client)))).Ok();
        await young.DisposeAsync();
    }

    private async Task<AgentClient> ClientAsync(string? tenant = null, string? id = null)
    {
        var client = await server.AgentAsync(tenant, id);
        await server.Operator.SetAgentKeysAsync(client.Tenant, client.Id, new SetAgentKeys([_key.KeyDto("k1")])).OrThrow();
        return client;
    }

    private Task<OAuthReply> SendAsync(AgentClient client, string assertion, params (string, string)[] fields) => SendAsync(client, assertion, "token", fields);

    private Task<OAuthReply> SendAsync(AgentClient client, string assertion, string endpoint, params (string, string)[] fields) => server.PostAsync(
        client.Tenant, endpoint, null,
        [("grant_type", "client_credentials"), ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), ("client_assertion", assertion), .. fields]);
}
