using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Issuers;
using Fabric.Core.Common;
using Fabric.Core.Issuers;
using Fabric.Silo.Federation;
using Fabric.Silo.OAuth;
using Fabric.Silo.Outbound;
using Fabric.Silo.Tests.OAuth;

namespace Fabric.Silo.Tests.Federation;

public sealed class IssuedTokenTests : IAsyncLifetime, IDisposable
{
    private const string Audience = "fabric-client";

    private readonly OAuthServer _server = new();
    private ForeignIssuer _issuer = null!;
    private OutboundHttp _http = null!;
    private IssuedTokens _tokens = null!;
    private string _tenant = null!;

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _issuer = await ForeignIssuer.StartAsync();
        _http = new OutboundHttp(new OutboundSettings { PlainHttpNetworks = "127.0.0.0/8" }, _server.Time);
        _tokens = new IssuedTokens(_server.Engine, new KeySets(_http, _server.Time), new Issuers(OAuthServer.Address), _server.Time);
        _tenant = await _server.TenantAsync();
        await TrustAsync(new PutIssuer("users", _issuer.Url, Audiences: [Audience], Algorithms: ["ES256", "ES384", "RS256", "PS256"]));
    }

    public void Dispose() => _http.Dispose();

    public async Task DisposeAsync()
    {
        await _issuer.DisposeAsync();
        await _server.DisposeAsync();
    }

    public static TheoryData<string, Action<JsonObject>> BadClaims => new()
    {
        { "another issuer", claims => claims["iss"] = "https://other.example" },
        { "the issuer with a slash", claims => claims["iss"] = claims["iss"] + "/" },
        { "no issuer", claims => claims.Remove("iss") },
        { "an issuer that is a list", claims => claims["iss"] = new JsonArray(claims["iss"]!.DeepClone()) },
        { "another audience", claims => claims["aud"] = "other" },
        { "no audience", claims => claims.Remove("aud") },
        { "the tenant's issuer as audience", claims => claims["aud"] = OAuthServer.Address },
        { "several audiences and nobody it was issued to", claims => claims["aud"] = new JsonArray(Audience, "other") },
        { "several audiences and issued to another", claims => (claims["aud"], claims["azp"]) = (new JsonArray(Audience, "other"), "other") },
        { "expired", claims => claims["exp"] = (long)claims["iat"]! - 60 },
        { "no end", claims => claims.Remove("exp") },
        { "an end that is a text", claims => claims["exp"] = "9999999999" },
        { "an end in years", claims => claims["exp"] = (long)claims["iat"]! + 90_000_000 },
        { "made in the future", claims => claims["iat"] = (long)claims["iat"]! + 60 },
        { "made at a text", claims => claims["iat"] = "now" },
        { "not yet", claims => claims["nbf"] = (long)claims["iat"]! + 60 },
        { "no subject", claims => claims.Remove("sub") },
        { "an empty subject", claims => claims["sub"] = "" },
        { "a subject that is a number", claims => claims["sub"] = 7 },
        { "an id that is a number", claims => claims["jti"] = 7 },
        { "what happened: a logout, or another event", claims => claims["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() } },
        { "an id without end", claims => claims["jti"] = new string('x', 300) },
    };

    public static TheoryData<string, Action<JsonObject>> BadHeaders => new()
    {
        { "none", header => header["alg"] = "none" },
        { "another algorithm of the same key", header => header["alg"] = "ES384" },
        { "no algorithm", header => header.Remove("alg") },
        { "a key of another kind", header => header["kid"] = "r1" },
        { "a key that is not there", header => header["kid"] = "other" },
        { "a key that is no text", header => header["kid"] = 7 },
        { "a key of its own", header => header["jwk"] = new JsonObject() },
        { "an address of keys", header => header["jku"] = "https://evil.example/keys" },
        { "an address of certificates", header => header["x5u"] = "https://evil.example/x" },
        { "certificates", header => header["x5c"] = new JsonArray("MII") },
        { "something critical", header => header["crit"] = new JsonArray("exp") },
        { "a proof", header => header["typ"] = "dpop+jwt" },
        { "a security event", header => header["typ"] = "secevent+jwt" },
        { "a logout", header => header["typ"] = "logout+jwt" },
        { "a type that is no text", header => header["typ"] = 7 },
    };

    [Theory]
    [InlineData("ES256", "e1")]
    [InlineData("ES384", "e2")]
    [InlineData("RS256", "r1")]
    public async Task A_token_of_a_trusted_issuer_is_believed(string algorithm, string kid)
    {
        var read = await ReadAsync(_issuer.Token("mia", Audience, _server.Time.GetUtcNow(), algorithm, kid));
        Assert.Equal(("mia", _server.Now + 300), (read.OrThrow().Subject, read.Value.ExpiresAt.ToDateTimeOffset().ToUnixTimeSeconds()));
    }

    [Fact]
    public async Task A_key_that_is_for_another_algorithm_verifies_nothing_and_one_that_does_not_say_verifies_both_of_its_kind()
    {
        Assert.False((await ReadAsync(Token("PS256", "r1"))).IsOk);
        _issuer.Keys[2].Remove("alg");
        _server.Time.Advance(KeySetEntry.FreshMax);
        Assert.True((await ReadAsync(Token("PS256", "r1"))).IsOk);
        Assert.True((await ReadAsync(Token("RS256", "r1"))).IsOk);
        Assert.False((await ReadAsync(Token("HS256", "e1"))).IsOk);
    }

    [Fact]
    public async Task An_algorithm_that_the_tenant_does_not_take_is_not_taken()
    {
        await TrustAsync(new PutIssuer("users", _issuer.Url, Audiences: [Audience], Algorithms: ["ES256"]));
        Assert.False((await ReadAsync(Token("RS256", "r1"))).IsOk);
        Assert.True((await ReadAsync(Token("ES256", "e1"))).IsOk);
    }

    [Theory]
    [MemberData(nameof(BadClaims))]
    public async Task What_a_token_says_must_hold(string what, Action<JsonObject> change)
    {
        var token = _issuer.Token("mia", Audience, _server.Time.GetUtcNow(), change: change);
        Assert.True(Codes.Unauthenticated == (await ReadAsync(token)).Rejection?.Code, what);
    }

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public async Task What_a_header_asks_for_is_never_done(string what, Action<JsonObject> change)
    {
        Assert.True((await ReadAsync(Token("ES256", "e1"))).IsOk);
        _server.Time.Advance(KeySetEntry.AskAgain);
        var asked = _issuer.Web.Asked.Count;
        var token = _issuer.Token("mia", Audience, _server.Time.GetUtcNow(), head: change);
        Assert.True(Codes.Unauthenticated == (await ReadAsync(token)).Rejection?.Code, what);

        // At most the issuer's own keys were looked at once more.
        Assert.True(_issuer.Web.Asked.Count <= asked + 2, what);
    }

    [Fact]
    public async Task A_token_for_several_is_believed_where_it_was_issued_to_one_of_ours()
    {
        var token = _issuer.Token("mia", Audience, _server.Time.GetUtcNow(), change: claims => (claims["aud"], claims["azp"]) = (new JsonArray(Audience, "other"), Audience));
        Assert.True((await ReadAsync(token)).IsOk);
    }

    [Fact]
    public async Task A_token_that_was_cut_or_changed_is_none()
    {
        var token = Token("ES256", "e1");
        var parts = token.Split('.');
        var other = _issuer.Token("omar", Audience, _server.Time.GetUtcNow()).Split('.');
        foreach (var bad in new[] { "", ".", "..", token[..^2], token + "A", $"{parts[0]}.{other[1]}.{parts[2]}", $"{parts[0]}.{parts[1]}.", $" {token}", $"{token}.x", new string('a', 20_000) })
        {
            Assert.Equal(Codes.Unauthenticated, (await ReadAsync(bad)).Rejection?.Code);
        }
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task What_one_tenant_trusts_another_does_not()
    {
        var other = await _server.TenantAsync();
        Assert.Equal(Codes.Unauthenticated, (await _tokens.ReadAsync(other, IssuerKind.Users, Token("ES256", "e1"), default)).Rejection?.Code);
        Assert.Equal(Codes.Unauthenticated, (await _tokens.ReadAsync("nowhere", IssuerKind.Users, Token("ES256", "e1"), default)).Rejection?.Code);
    }

    [Fact]
    public async Task An_issuer_is_believed_in_what_it_is_trusted_for_alone_and_while_it_is()
    {
        var token = Token("ES256", "e1");
        foreach (var kind in new[] { IssuerKind.Workload, IssuerKind.Spiffe, IssuerKind.Signals })
        {
            Assert.Equal(Codes.Unauthenticated, (await _tokens.ReadAsync(_tenant, kind, token, default)).Rejection?.Code);
        }
        await _server.Operator.RemoveIssuerAsync(_tenant, "i").OrThrow();
        Assert.Equal(Codes.Unauthenticated, (await ReadAsync(token)).Rejection?.Code);
    }

    [Fact]
    public async Task Two_issuers_with_the_same_key_name_are_not_mixed_up()
    {
        await using var evil = await ForeignIssuer.StartAsync();
        await _server.Operator.PutIssuerAsync(_tenant, "evil", new PutIssuer("users", evil.Url, Audiences: [Audience])).OrThrow();
        var token = evil.Token("mia", Audience, _server.Time.GetUtcNow(), change: claims => claims["iss"] = _issuer.Url);
        Assert.Equal(Codes.Unauthenticated, (await ReadAsync(token)).Rejection?.Code);
        Assert.Equal("evil", (await ReadAsync(evil.Token("mia", Audience, _server.Time.GetUtcNow()))).OrThrow().Issuer.Id);
    }

    [Fact]
    public async Task An_address_counts_where_the_issuer_has_seen_it_proven()
    {
        await TrustAsync(new PutIssuer("users", _issuer.Url, Audiences: [Audience], SubjectClaim: "email"));
        Assert.False((await ReadAsync(With(claims => claims["email"] = "mia@acme.example"))).IsOk);
        Assert.False((await ReadAsync(With(claims => (claims["email"], claims["email_verified"]) = ("mia@acme.example", "true")))).IsOk);
        Assert.Equal("mia@acme.example", (await ReadAsync(With(claims => (claims["email"], claims["email_verified"]) = ("mia@acme.example", true)))).OrThrow().Subject);

        string With(Action<JsonObject> change) => _issuer.Token("1", Audience, _server.Time.GetUtcNow(), change: change);
    }

    [Fact]
    public async Task Without_the_name_of_a_key_only_a_key_that_alone_fits_counts()
    {
        var token = _issuer.Token("mia", Audience, _server.Time.GetUtcNow(), head: header => header.Remove("kid"));
        Assert.True((await ReadAsync(token)).IsOk);
        _issuer.Keys.Add(_issuer.Jwk("ES256", "e9"));
        _server.Time.Advance(TimeSpan.FromMinutes(4));
        await TrustAsync(new PutIssuer("users", _issuer.Url, Jwks: JsonElement.Parse(_issuer.Jwks.ToJsonString()), Audiences: [Audience]));
        Assert.False((await ReadAsync(token)).IsOk);
    }

    [Theory]
    [InlineData("spiffe://acme.example/agents/bot", true)]
    [InlineData("spiffe://acme.example", false)]
    [InlineData("spiffe://acme.example/", false)]
    [InlineData("spiffe://acme.example/agents/", false)]
    [InlineData("spiffe://acme.example/agents//bot", false)]
    [InlineData("spiffe://acme.example/../bot", false)]
    [InlineData("spiffe://acme.example/a%2Fb", false)]
    [InlineData("spiffe://acme.example:8443/bot", false)]
    [InlineData("spiffe://user@acme.example/bot", false)]
    [InlineData("spiffe://acme.example/bot?x", false)]
    [InlineData("SPIFFE://acme.example/bot", false)]
    [InlineData("spiffe://evil.example/agents/bot", false)]
    public async Task An_svid_is_believed_for_its_own_trust_domain_alone(string subject, bool isBelieved)
    {
        await _server.Operator.PutIssuerAsync(_tenant, "mesh", new PutIssuer(
            "spiffe", "spiffe://acme.example", JwksUri: $"{_issuer.Url}/keys", Subjects: [new SubjectRuleDto("spiffe://acme.example/agents/bot", "bot")])).OrThrow();
        var token = _issuer.Token(subject, $"{OAuthServer.Address}/tenants/{_tenant}", _server.Time.GetUtcNow(), change: claims =>
        {
            claims.Remove("iss");
            claims.Remove("iat");
            claims.Remove("jti");
        });
        Assert.Equal(isBelieved, (await _tokens.ReadAsync(_tenant, IssuerKind.Spiffe, token, default)).IsOk);
    }

    private async Task TrustAsync(PutIssuer issuer) => await _server.Operator.PutIssuerAsync(_tenant, "i", issuer).OrThrow();

    private string Token(string algorithm, string kid) => _issuer.Token("mia", Audience, _server.Time.GetUtcNow(), algorithm, kid);

    private Task<Outcome<IssuedToken>> ReadAsync(string token) => _tokens.ReadAsync(_tenant, IssuerKind.Users, token, default).AsTask();
}
