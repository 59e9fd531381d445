using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Users;
using Fabric.Silo.Tests.Federation;
using Fabric.Silo.Tests.OAuth;

namespace Fabric.Silo.Tests.Signals;

/// <summary>Events that an identity provider pushes (RFC 8935), honest ones and others, and what becomes of its users.</summary>
public sealed class IntakeTests(FederatedServer federated) : IClassFixture<FederatedServer>
{
    private const string Caep = "https://schemas.openid.net/secevent/caep/event-type/";
    private const string Risc = "https://schemas.openid.net/secevent/risc/event-type/";
    private const string Audience = "https://fabric.local/receiver";

    private OAuthServer Server => federated.Server;

    private ForeignIssuer Issuer => federated.Issuer;

    [Theory]
    [InlineData(Caep + "session-revoked", "{}", "active", false)]
    [InlineData(Caep + "credential-change", """{"change_type":"revoke","credential_type":"password"}""", "active", false)]
    [InlineData(Caep + "credential-change", """{"change_type":"create","credential_type":"fido2-roaming"}""", "active", true)]
    [InlineData(Risc + "credential-compromise", """{"credential_type":"password"}""", "active", false)]
    [InlineData(Risc + "sessions-revoked", "{}", "active", false)]
    [InlineData(Risc + "account-disabled", """{"reason":"hijacking"}""", "offboarded", false)]
    [InlineData(Risc + "account-purged", "{}", "offboarded", false)]
    [InlineData(Risc + "account-enabled", "{}", "active", true)]
    [InlineData("https://example.org/another-event", "{}", "active", true)]
    public async Task An_event_ends_what_its_standard_says(string type, string fields, string status, bool isAllowed)
    {
        var scene = await SceneAsync();
        Assert.True(await AllowsAsync(scene));
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(scene.Tenant, Token(scene.User, type, fields)));
        Assert.Equal(status, (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
        Assert.Equal(isAllowed, await AllowsAsync(scene));
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task The_audit_names_the_issuer_and_other_users_go_on()
    {
        var scene = await SceneAsync();
        var other = await SceneAsync(scene.Tenant, "john");
        await SendAsync(scene.Tenant, Token(scene.User, Caep + "session-revoked", "{}"));
        var ended = await WaitForAsync(scene.Tenant, "user.generation_raised");
        Assert.Equal($"tenant_admin:issuer.idp@{scene.Tenant}", ended.By);
        Assert.Equal("CAEP session-revoked by idp", ended.Data.GetProperty("reason").GetString());
        Assert.False(await AllowsAsync(scene));
        Assert.True(await AllowsAsync(other));
    }

    [Fact]
    public async Task The_same_event_does_what_it_does_once()
    {
        var scene = await SceneAsync();
        var token = Token(scene.User, Caep + "session-revoked", "{}");
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(scene.Tenant, token));
        var generation = (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Generation;
        var anew = await SceneAsync(scene.Tenant, scene.User, isKnown: true);
        Assert.True(await AllowsAsync(anew));
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(scene.Tenant, token));
        Assert.Equal(generation, (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Generation);
        Assert.True(await AllowsAsync(anew));
    }

    [Theory]
    [InlineData("""{"format":"iss_sub","iss":"ISSUER","sub":"USER"}""", true)]
    [InlineData("""{"format":"iss_sub","iss":"https://another.example","sub":"USER"}""", false)]
    [InlineData("""{"format":"opaque","id":"USER"}""", true)]
    [InlineData("""{"format":"email","email":"USER"}""", true)]
    [InlineData("""{"format":"account","uri":"acct:USER"}""", true)]
    [InlineData("""{"format":"complex","user":{"format":"iss_sub","iss":"ISSUER","sub":"USER"},"session":{"format":"opaque","id":"x"}}""", true)]
    [InlineData("""{"user":{"format":"email","email":"USER"},"device":{"format":"opaque","id":"x"}}""", true)]
    [InlineData("""{"format":"aliases","identifiers":[{"format":"phone_number","phone_number":"+1"},{"format":"email","email":"USER"}]}""", true)]
    [InlineData("""{"format":"complex","session":{"format":"opaque","id":"USER"}}""", false)]
    [InlineData("""{"format":"jwt_id","iss":"ISSUER","jti":"USER"}""", false)]
    [InlineData("""{"format":"opaque","id":"somebody"}""", false)]
    [InlineData("""["USER"]""", false)]
    public async Task A_subject_is_a_user_by_what_its_format_says(string subject, bool isEnded)
    {
        var scene = await SceneAsync();
        var text = subject.Replace("ISSUER", Issuer.Url, StringComparison.Ordinal).Replace("USER", scene.User, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(scene.Tenant, Token(scene.User, Caep + "session-revoked", "{}", claims => claims["sub_id"] = JsonNode.Parse(text))));
        Assert.Equal(!isEnded, await AllowsAsync(scene));

        // As earlier drafts had it, in the event.
        var before = await SceneAsync();
        text = subject.Replace("ISSUER", Issuer.Url, StringComparison.Ordinal).Replace("USER", before.User, StringComparison.Ordinal).Replace("\"format\":\"iss_sub\"", "\"subject_type\":\"iss-sub\"", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(before.Tenant, Token(before.User, Caep + "session-revoked", $$"""{"subject":{{text}}}""", claims => claims.Remove("sub_id"))));
        Assert.Equal(!isEnded, await AllowsAsync(before));
    }

    [Theory]
    [InlineData("iss", "invalid_issuer")]
    [InlineData("aud", "invalid_audience")]
    [InlineData("no aud", "invalid_audience")]
    [InlineData("typ", "invalid_request")]
    [InlineData("no typ", "invalid_request")]
    [InlineData("jti", "invalid_request")]
    [InlineData("iat", "invalid_request")]
    [InlineData("old", "invalid_request")]
    [InlineData("ahead", "invalid_request")]
    [InlineData("exp", "invalid_request")]
    [InlineData("events", "invalid_request")]
    [InlineData("many", "invalid_request")]
    [InlineData("none", "invalid_key")]
    [InlineData("HS256", "invalid_key")]
    [InlineData("kid", "invalid_key")]
    [InlineData("jwk", "invalid_request")]
    [InlineData("cut", "invalid_key")]
    [InlineData("type", "invalid_request")]
    [InlineData("large", "invalid_request")]
    public async Task What_is_no_event_of_the_transmitter_does_nothing_and_says_what_is_wrong(string what, string err)
    {
        // A key that is not known is asked for, if that was not just done.
        Server.Time.Advance(TimeSpan.FromMinutes(1));
        var scene = await SceneAsync();
        var now = Server.Now;
        var algorithm = what is "none" or "HS256" ? what : "ES256";
        var token = Token(scene.User, Risc + "account-disabled", "{}", claims =>
        {
            _ = what switch
            {
                "iss" => claims["iss"] = "https://another.example",
                "aud" => claims["aud"] = "https://another.example",
                "no aud" => Drop(claims, "aud"),
                "jti" => Drop(claims, "jti"),
                "iat" => Drop(claims, "iat"),
                "old" => claims["iat"] = now - (8 * 24 * 3600),
                "ahead" => claims["iat"] = now + 3600,
                "exp" => claims["exp"] = now - 60,
                "events" => Drop(claims, "events"),
                "many" => claims["events"] = Many(),
                "large" => claims["pad"] = new string('x', 20_000),
                _ => null,
            };
        }, head =>
        {
            _ = what switch { "typ" => head["typ"] = "JWT", "no typ" => Drop(head, "typ"), "kid" => head["kid"] = "unknown", "jwk" => head["jwk"] = Issuer.Jwk("ES256", "e9"), _ => null };
        }, algorithm);
        token = what == "cut" ? token[..^4] + "AAAA" : token;
        using var answer = await PostAsync(scene.Tenant, token, what == "type" ? "application/json" : "application/secevent+jwt");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(err, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["err"]!);
        Assert.Equal("active", (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
        Assert.True(await AllowsAsync(scene));

        static JsonNode? Drop(JsonObject from, string name)
        {
            from.Remove(name);
            return null;
        }

        static JsonObject Many()
        {
            var events = new JsonObject();
            for (var i = 0; i < 17; i++)
            {
                events[$"{Risc}account-disabled{i}"] = new JsonObject();
            }
            return events;
        }
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task An_event_for_one_tenant_touches_no_user_of_another()
    {
        var scene = await SceneAsync();
        var other = await SceneAsync(name: scene.User);
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(scene.Tenant, Token(scene.User, Risc + "account-disabled", "{}")));
        Assert.Equal("active", (await Server.Operator.GetUserAsync(other.Tenant, other.User).OrThrow()).Status);
        Assert.True(await AllowsAsync(other));

        // A tenant that does not trust the transmitter takes nothing of it; nor does one that trusts it for something else.
        var stranger = await Server.TenantAsync();
        await Server.Operator.CreateUserAsync(stranger, new CreateUser(scene.User)).OrThrow();
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(stranger, Token(scene.User, Risc + "account-disabled", "{}")));
        await federated.TrustAsync(stranger, new PutIssuer("users", Issuer.Url, Audiences: [Audience]));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(stranger, Token(scene.User, Risc + "account-disabled", "{}")));
        Assert.Equal("active", (await Server.Operator.GetUserAsync(stranger, scene.User).OrThrow()).Status);
    }

    [Fact]
    public async Task A_user_whom_nobody_knows_leaves_nothing_behind()
    {
        var scene = await SceneAsync();
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(scene.Tenant, Token("nobody", Risc + "account-disabled", "{}")));
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(scene.Tenant, Token("nobody", Caep + "session-revoked", "{}")));

        // No tombstone: the name is free.
        Assert.Equal("active", (await Server.Operator.CreateUserAsync(scene.Tenant, new CreateUser("nobody")).OrThrow()).Status);
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task An_event_whose_keys_cannot_be_had_waits_is_told_and_is_in_force_once_they_can()
    {
        await using var away = await ForeignIssuer.StartAsync();
        var scene = await SceneAsync(issuer: away);
        away.Broken = PushTarget.Says(503);
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(scene.Tenant, Token(scene.User, Risc + "account-disabled", "{}", issuer: away)));

        // One that is none of the issuer's waits too, since nobody can tell.
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(scene.Tenant, Token(scene.User, Caep + "session-revoked", "{}", issuer: away)[..^4] + "AAAA"));
        Assert.Equal("active", (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
        Assert.Equal(("green", true), await HealthAsync());
        await UntilAsync("yellow");
        Assert.Equal("active", (await Server.Operator.GetUserAsync(scene.Tenant, scene.User).OrThrow()).Status);
        away.Broken = null;
        var ended = WaitForAsync(scene.Tenant, "user.offboarded");
        await UntilAsync("green");
        Assert.Equal($"tenant_admin:issuer.idp@{scene.Tenant}", (await ended).By);
        Assert.False(await AllowsAsync(scene));
    }

    // Less at once than a request for keys may last, with a request of our own in between, so that those under way get on.
    private async Task UntilAsync(string status)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await HealthAsync()).Status != status)
        {
            limit.Token.ThrowIfCancellationRequested();
            Server.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private async Task<(string Status, bool Ok)> HealthAsync()
    {
        var health = JsonNode.Parse(await (await Server.Http.GetAsync(new Uri("/healthz", UriKind.Relative))).Content.ReadAsStringAsync())!;
        return ((string)health["status"]!, (bool)health["parts"]!.AsArray().Single(part => (string)part!["name"]! == "signals")!["ok"]!);
    }

    private async Task<Scene> SceneAsync(string? tenant = null, string? name = null, ForeignIssuer? issuer = null, bool isKnown = false)
    {
        if (tenant is null)
        {
            tenant = await Server.TenantAsync();
            await federated.TrustAsync(tenant, new PutIssuer("signals", (issuer ?? Issuer).Url, Audiences: [Audience]), "idp");
        }
        var (user, agent) = (name ?? "jane", "a" + Guid.NewGuid().ToString("N"));
        if (!isKnown)
        {
            await Server.Operator.CreateUserAsync(tenant, new CreateUser(user)).OrThrow();
        }
        await Server.Operator.CreateAgentAsync(tenant, new CreateAgent(agent, "personal", [new ScopeDto("mail")], user)).OrThrow();
        var session = await Server.Operator.OpenSessionAsync(tenant, new OpenSession(agent, "test", [new ScopeDto("mail")])).OrThrow();
        var issued = await Server.Operator.IssueCredentialsAsync(session.Id, new IssueCredentials()).OrThrow();
        return new Scene(tenant, user, issued.Credentials[0].Token);
    }

    private sealed record Scene(string Tenant, string User, string Token);

    private async Task<bool> AllowsAsync(Scene scene) =>
        (await Server.Operator.CheckAsync(new CheckRequest(scene.Token, "mail", "send", "desk", "read")).OrThrow()).Allowed;

    private string Token(
        string user, string type, string fields, Action<JsonObject>? change = null, Action<JsonObject>? head = null, string algorithm = "ES256", ForeignIssuer? issuer = null) =>
        (issuer ?? Issuer).Token("x", Audience, Server.Time.GetUtcNow(), algorithm, change: claims =>
        {
            claims.Remove("sub");
            claims.Remove("exp");
            claims["sub_id"] = new JsonObject { ["format"] = "iss_sub", ["iss"] = (issuer ?? Issuer).Url, ["sub"] = user };
            claims["events"] = new JsonObject { [type] = JsonNode.Parse(fields) };
            change?.Invoke(claims);
        }, head: header =>
        {
            header["typ"] = "secevent+jwt";
            head?.Invoke(header);
        });

    private async Task<HttpStatusCode> SendAsync(string tenant, string token)
    {
        using var answer = await PostAsync(tenant, token);
        return answer.StatusCode;
    }

    private Task<HttpResponseMessage> PostAsync(string tenant, string token, string type = "application/secevent+jwt")
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(token));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return Server.Http.PostAsync(new Uri($"/tenants/{tenant}/ssf/events", UriKind.Relative), content);
    }

    private async Task<Change> WaitForAsync(string tenant, string kind)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var begin = (await Server.Operator.PullChangesAsync(new ChangeQuery(null, tenant, Limit: 1)).OrThrow()).Next;
        await foreach (var change in Server.Operator.WatchChangesAsync(new ChangeQuery(begin, tenant, null, [kind]), limit.Token))
        {
            return change.OrThrow();
        }
        throw new InvalidOperationException("the changes ended");
    }
}
