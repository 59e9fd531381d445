using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Conformance.Suite;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Users;
using Fabric.Silo.Tests.OAuth;
using Fabric.Silo.Tests.Outbound;

namespace Fabric.Cluster.Tests.Http;

/// <summary>A client without a secret whose requests, and whose user's, come to one silo and then to the other.</summary>
[Collection(SharedPostgres.Name)]
public sealed class PublicClientAcrossSilosTests(PostgresFixture postgres)
{
    private const string Redirect = "http://127.0.0.1:51234/cb";
    private const string Password = "correct horse battery";
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_one_silo_gave_by_a_name_alone_the_other_takes_once()
    {
        await using var web = await LocalWeb.StartAsync();
        var url = $"{web.Address}/client.json";
        web.Answer = context => LocalWeb.JsonAsync(
            context, new JsonObject { ["client_id"] = url, ["redirect_uris"] = new JsonArray("http://127.0.0.1/cb"), ["token_endpoint_auth_method"] = "none" }.ToJsonString());
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync(), options => options.OAuth.ClientDocumentHosts = "127.0.0.1");
        Scene.Ok(await pair.Operator(0).CreateUserAsync(SiloPair.Tenant, new CreateUser("mia")));
        Scene.Ok(await pair.Operator(0).SetUserSignInAsync(SiloPair.Tenant, "mia", new SetUserSignIn(Password)));
        Scene.Ok(await pair.Operator(0).CreateAgentAsync(SiloPair.Tenant, new CreateAgent("cimd:" + Hash(url), "personal", [new ScopeDto("mail")], "mia")));
        await pair.MeetAsync(1);
        using var browser = new Browser(pair.Address(0));
        var path = $"/tenants/{SiloPair.Tenant}/oauth/authorize?client_id={Uri.EscapeDataString(url)}&response_type=code&redirect_uri={Uri.EscapeDataString(Redirect)}&code_challenge={Hash(Verifier)}&code_challenge_method=S256&scope=mail:send";
        for (var first = 0; first < 2; first++)
        {
            var other = 1 - first;
            browser.Address = pair.Address(first);
            var consent = await browser.OpenAsync(path, "mia", Password);
            browser.Address = pair.Address(other);
            var code = (await browser.SubmitAsync(consent, "/consent", ("decision", "approve")))["code"]!;
            (string, string)[] redeem = [("client_id", url), ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Redirect), ("code_verifier", Verifier)];
            Assert.Equal((400, "unauthorized_client"), Told(await pair.FormAsync(first, "token", [], ("client_id", url), ("grant_type", "client_credentials"))));
            var (status, got) = await pair.FormAsync(first, "token", [], redeem);
            Assert.True(status == 200, got?.ToJsonString());
            (string, string)[] refresh = [("client_id", url), ("grant_type", "refresh_token"), ("refresh_token", (string)got!["refresh_token"]!)];
            var (again, next) = await pair.FormAsync(other, "token", [], refresh);
            Assert.True(again == 200, next?.ToJsonString());
            Assert.True(await IsAllowedAsync(first, next!));

            // Replaced at one silo a moment ago, shown at the other; and a code that was used at one, shown at the other.
            Assert.Equal((400, "invalid_grant"), first == 0 ? Told(await pair.FormAsync(first, "token", [], refresh)) : Told(await pair.FormAsync(other, "token", [], redeem)));
            Assert.False(await IsAllowedAsync(first, next!));
            Assert.False(await IsAllowedAsync(other, next!));
        }

        async Task<bool> IsAllowedAsync(int silo, JsonNode token)
        {
            await pair.MeetAsync(silo);
            return Scene.Ok(await pair.Operator(silo).CheckAsync(new CheckRequest((string)token["access_token"]!, "mail", "send", "x", "read"))).Allowed;
        }

        static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

        static (int, string?) Told((int Status, JsonNode? Body) answer) => (answer.Status, (string?)answer.Body?["error"]);
    }
}
