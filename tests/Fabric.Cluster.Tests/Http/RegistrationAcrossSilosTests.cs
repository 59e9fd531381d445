using System.Text.Json.Nodes;

namespace Fabric.Cluster.Tests.Http;

/// <summary>A client that registers at one silo and manages that at the other.</summary>
[Collection(SharedPostgres.Name)]
public sealed class RegistrationAcrossSilosTests(PostgresFixture postgres)
{
    private const string Register = $"/tenants/{SiloPair.Tenant}/oauth/register";
    private const string Tokens = $"/v1/tenants/{SiloPair.Tenant}/registration-tokens";

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_client_of_one_silo_changes_and_deletes_itself_at_the_other_with_all_that_came_of_it()
    {
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync());
        var admin = await pair.KeyAsync("tenant_admin", "jane");
        var (id, initial) = await MintAsync(pair, admin, registrations: 4);
        for (var silo = 0; silo < 2; silo++)
        {
            var other = 1 - silo;
            var (status, client) = await pair.JsonAsync(silo, "POST", Register, initial, Machine());
            Assert.True(status == 201, client?.ToJsonString());
            var address = $"{Register}/{(string)client!["client_id"]!}";
            var body = Machine();
            body["client_id"] = (string)client["client_id"]!;
            var (changed, next) = await pair.JsonAsync(other, "PUT", address, (string)client["registration_access_token"]!, body);
            Assert.True(changed == 200, next?.ToJsonString());
            Assert.Equal(401, (await pair.JsonAsync(silo, "GET", address, (string)client["registration_access_token"]!)).Status);

            var answer = (await pair.FormAsync(other, "token", By(client), ("grant_type", "client_credentials"))).Body!;
            var token = (string)answer["access_token"]!;
            Assert.Equal(204, (await pair.JsonAsync(other, "DELETE", address, (string)next!["registration_access_token"]!)).Status);
            await pair.MeetAsync(silo);
            Assert.False((bool)(await IntrospectAsync(pair, silo, admin, token))["active"]!);
            Assert.False((bool)(await IntrospectAsync(pair, other, admin, token))["active"]!);
            Assert.Equal(401, (await pair.FormAsync(silo, "token", By(client), ("grant_type", "client_credentials"))).Status);
            Assert.Equal(401, (await pair.JsonAsync(silo, "GET", address, (string)next["registration_access_token"]!)).Status);
        }

        // One that came in at a silo a moment ago ends with its token at the other.
        var last = (await pair.JsonAsync(0, "POST", Register, initial, Machine())).Body!;
        Assert.Equal(200, (await pair.JsonAsync(1, "DELETE", $"{Tokens}/{id}?clients=true", admin)).Status);
        Assert.Equal(401, (await pair.FormAsync(1, "token", By(last), ("grant_type", "client_credentials"))).Status);
        Assert.Equal(401, (await pair.JsonAsync(0, "POST", Register, initial, Machine())).Status);
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Of_all_who_use_one_token_at_both_silos_as_many_come_in_as_it_says()
    {
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync());
        var admin = await pair.KeyAsync("tenant_admin", "jane");
        var (id, initial) = await MintAsync(pair, admin, registrations: 3);
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(at => pair.JsonAsync(at % 2, "POST", Register, initial, Machine())));
        Assert.Equal(3, replies.Count(reply => reply.Status == 201));
        Assert.All(replies.Where(reply => reply.Status != 201), reply => Assert.Equal((401, "invalid_token"), (reply.Status, (string?)reply.Body!["error"])));
        Assert.Equal(3, (await pair.JsonAsync(1, "GET", $"{Tokens}/{id}/clients", admin)).Body!["items"]!.AsArray().Count);
    }

    private static async Task<(string Id, string Secret)> MintAsync(SiloPair pair, string admin, int registrations)
    {
        var body = new JsonObject { ["name"] = "Pipelines", ["kind"] = "backend", ["scopes"] = new JsonArray(new JsonObject { ["tool"] = "mail" }), ["registrations"] = registrations };
        var (status, made) = await pair.JsonAsync(0, "POST", Tokens, admin, body);
        Assert.True(status == 201, made?.ToJsonString());
        await pair.MeetAsync(1);
        return ((string)made!["token"]!["id"]!, (string)made["secret"]!);
    }

    private static async Task<JsonNode> IntrospectAsync(SiloPair pair, int silo, string admin, string token) =>
        (await pair.FormAsync(silo, "introspect", [("Authorization", "Bearer " + admin)], ("token", token))).Body!;

    private static (string, string)[] By(JsonNode client) => [("Authorization", "Bearer " + (string)client["client_secret"]!)];

    private static JsonObject Machine() => new() { ["grant_types"] = new JsonArray("client_credentials") };
}
