using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Checks;
using Fabric.Core.Common;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>Proofs of possession (RFC 9449): with a good one the token is bound to its key; with any other there is none.</summary>
public sealed class DpopTests(OAuthServer server) : IClassFixture<OAuthServer>, IDisposable
{
    private readonly SigningClient _key = new();

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task A_proof_with_our_nonce_binds_the_token_to_its_key()
    {
        var client = await server.AgentAsync();
        var first = await SendAsync(client, _key.Proof(client, null));
        first.Refused("use_dpop_nonce");
        var bound = (await SendAsync(client, _key.Proof(client, first.Nonce))).Ok();
        Assert.Equal(("DPoP", true), (bound.Text("token_type"), bound.Nonce is not null));

        var said = (await client.IntrospectAsync(bound.Token)).Ok();
        Assert.Equal(("DPoP", _key.Thumbprint), (said.Text("token_type"), said.Body.GetProperty("cnf").GetProperty("jkt").GetString()));
        var call = new CheckRequest(bound.Token, "mail", "send", "x", "read");
        Assert.Equal(Codes.TokenProof, (await server.Operator.CheckAsync(call).OrThrow()).Code);
        Assert.True((await server.Operator.CheckAsync(call with { ProofKey = _key.Thumbprint }).OrThrow()).Allowed);
        Assert.Null((await client.TokenAsync()).Nonce);
    }

    [Fact]
    public async Task A_nonce_holds_for_minutes_and_no_longer()
    {
        var client = await server.AgentAsync();
        var nonce = (await SendAsync(client, _key.Proof(client, null))).Nonce!;
        server.Time.Advance(TimeSpan.FromMinutes(1.5));
        (await SendAsync(client, _key.Proof(client, nonce))).Ok();
        server.Time.Advance(TimeSpan.FromMinutes(3));
        var late = await SendAsync(client, _key.Proof(client, nonce));
        late.Refused("use_dpop_nonce");
        Assert.NotEqual(nonce, late.Nonce);
        (await SendAsync(client, _key.Proof(client, late.Nonce))).Ok();
    }

    [Fact]
    public async Task A_proof_is_used_once_by_whomever()
    {
        var client = await server.AgentAsync();
        var sibling = await server.AgentAsync(client.Tenant);
        var nonce = await NonceAsync(client);
        var proof = _key.Proof(client, nonce);
        (await SendAsync(client, proof)).Ok();
        (await SendAsync(client, proof)).Refused("invalid_dpop_proof");
        (await SendAsync(sibling, proof)).Refused("invalid_dpop_proof");
        (await SendAsync(client, _key.Proof(client, nonce, claims => claims["jti"] = "mine"))).Ok();
        (await SendAsync(client, _key.Proof(client, nonce, claims => claims["jti"] = "mine"))).Refused("invalid_dpop_proof");
        using var other = new SigningClient();
        (await SendAsync(client, other.Proof(client, nonce, claims => claims["jti"] = "mine"))).Ok();
    }

    public static TheoryData<string> Wrongs =>
    [
        "jti:none", "jti:empty", "jti:long", "jti:number", "htm:none", "htm:GET", "htm:post", "htu:none", "htu:other endpoint", "htu:other tenant", "htu:other host", "htu:http", "htu:user",
        "htu:nonsense", "htu:number", "iat:none", "iat:future", "iat:old", "iat:text", "alg:none", "alg:HS256", "alg:ES384", "typ:none", "typ:JWT", "typ:DPoP+jwt", "typ:number",
        "jwk:none", "jwk:text", "jwk:private", "jwk:other key", "jwk:RSA", "jwk:P-384", "jwk:off curve", "jwk:unknown member", "head:kid", "head:crit", "head:jku",
    ];

    [Theory]
    [MemberData(nameof(Wrongs))]
    public async Task A_proof_with_anything_wrong_gives_no_token_at_all(string wrong)
    {
        var client = await server.AgentAsync();
        var nonce = await NonceAsync(client);
        (await SendAsync(client, _key.Proof(client, nonce, Claims, Head))).Refused("invalid_dpop_proof");

        void Claims(JsonObject claims)
        {
            JsonNode? value = wrong switch
            {
                "jti:empty" => "",
                "jti:long" => new string('j', 257),
                "htm:GET" => "GET",
                "htm:post" => "post",
                "htu:other endpoint" => client.Issuer + "/oauth/revoke",
                "htu:other tenant" => $"{OAuthServer.Address}/tenants/other/oauth/token",
                "htu:other host" => client.Issuer.Replace("fabric.local", "fabric.example", StringComparison.Ordinal) + "/oauth/token",
                "htu:http" => client.Issuer.Replace("https:", "http:", StringComparison.Ordinal) + "/oauth/token",
                "htu:user" => client.Issuer.Replace("https://", "https://a@", StringComparison.Ordinal) + "/oauth/token",
                "htu:nonsense" => "nonsense",
                "iat:future" => server.Now + 30,
                "iat:old" => server.Now - 400,
                "iat:text" => "now",
                "jti:number" or "htu:number" => 1,
                _ => null,
            };
            if (wrong is "jti:none" or "htm:none" or "htu:none" or "iat:none")
            {
                claims.Remove(wrong[..3]);
            }
            else if (value is not null)
            {
                claims[wrong[..3]] = value;
            }
        }

        void Head(JsonObject header)
        {
            var (name, what) = (wrong.Split(':')[0], wrong.Split(':')[1]);
            if (name is "alg" or "typ")
            {
                header[name] = what == "number" ? 1 : what == "none" && name == "typ" ? null : what;
            }
            else if (name == "head")
            {
                header[what] = "x";
            }
            else if (name == "jwk")
            {
                ChangeKey(header, what);
            }
        }
    }

    private void ChangeKey(JsonObject header, string what)
    {
        var jwk = (JsonObject)header["jwk"]!;
        switch (what)
        {
            case "none": header.Remove("jwk"); break;
            case "text": header["jwk"] = "x"; break;
            case "private": jwk["d"] = _key.PrivatePart; break;
            case "RSA": jwk["kty"] = "RSA"; break;
            case "P-384": jwk["crv"] = "P-384"; break;
            case "off curve": jwk["y"] = jwk["x"]!.DeepClone(); break;
            case "unknown member": jwk["x5u"] = "https://keys.example"; break;
            default:
                using (var other = new SigningClient())
                {
                    header["jwk"] = other.Jwk;
                }
                break;
        }
    }

    [Fact]
    public async Task Another_form_of_the_same_url_is_the_same()
    {
        var client = await server.AgentAsync();
        var nonce = await NonceAsync(client);
        foreach (var url in (string[])[client.Issuer + "/oauth/token?x=1", client.Issuer + "/oauth/token#x", client.Issuer.Replace("https://fabric.local", "HTTPS://FABRIC.local:443", StringComparison.Ordinal) + "/oauth/token"])
        {
            (await SendAsync(client, _key.Proof(client, nonce, claims => claims["htu"] = url))).Ok();
        }
    }

    [Fact]
    public async Task Only_our_own_nonces_are_nonces_and_two_proofs_are_none()
    {
        var client = await server.AgentAsync();
        var nonce = await NonceAsync(client);
        foreach (var made in (string[])["", "x", nonce + "A", nonce[..^1] + (nonce[^1] == 'A' ? "Q" : "A"), new string('A', 32)])
        {
            (await SendAsync(client, _key.Proof(client, made))).Refused("use_dpop_nonce");
        }
        (await server.PostAsync(
            client.Tenant, "token", client.BasicHeader, OAuthServer.Form(("grant_type", "client_credentials")), ("DPoP", _key.Proof(client, nonce)), ("DPoP", _key.Proof(client, nonce))))
            .Refused("invalid_dpop_proof");
        foreach (var proof in (string[])["", "x", "a.b.c", (await client.TokenAsync()).Token])
        {
            (await SendAsync(client, proof)).Refused("invalid_dpop_proof");
        }
    }

    [Fact]
    public async Task A_bound_token_is_handed_on_by_who_holds_its_key_alone()
    {
        var planner = await server.AgentAsync();
        var worker = await server.AgentAsync(planner.Tenant);
        var nonce = await NonceAsync(planner);
        var bound = (await SendAsync(planner, _key.Proof(planner, nonce))).Ok().Token;
        (await worker.ExchangeAsync(bound)).Refused("invalid_request");
        using var other = new SigningClient();
        (string, string)[] form =
        [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", bound), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ];
        (await server.PostAsync(worker.Tenant, "token", worker.BasicHeader, OAuthServer.Form(form), ("DPoP", other.Proof(worker, nonce)))).Refused("invalid_request");
        var got = (await server.PostAsync(worker.Tenant, "token", worker.BasicHeader, OAuthServer.Form(form), ("DPoP", _key.Proof(worker, nonce)))).Ok();
        Assert.Equal(_key.Thumbprint, (await worker.IntrospectAsync(got.Token)).Body.GetProperty("cnf").GetProperty("jkt").GetString());
    }

    private async Task<string> NonceAsync(AgentClient client) => (await SendAsync(client, _key.Proof(client, null))).Nonce!;

    private Task<OAuthReply> SendAsync(AgentClient client, string proof) =>
        server.PostAsync(client.Tenant, "token", client.BasicHeader, OAuthServer.Form(("grant_type", "client_credentials")), ("DPoP", proof));
}
