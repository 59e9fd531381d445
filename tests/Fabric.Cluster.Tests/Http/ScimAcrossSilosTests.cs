using System.Text.Json.Nodes;

namespace Fabric.Cluster.Tests.Http;

/// <summary>An identity provider whose requests come to one silo and to another.</summary>
[Collection(SharedPostgres.Name)]
public sealed class ScimAcrossSilosTests(PostgresFixture postgres)
{
    private const string Users = $"/tenants/{SiloPair.Tenant}/scim/v2/Users";

    [Fact]
    public async Task Names_that_differ_in_case_alone_and_come_to_two_silos_at_once_make_one_user()
    {
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync());
        var secret = await pair.KeyAsync("provisioner", "okta");
        for (var round = 0; round < 10; round++)
        {
            var (first, second) = ($"Jane{round}", $"jane{round}");
            var answers = await Task.WhenAll(PostAsync(0, first), PostAsync(1, second));
            Assert.True(answers.Count(status => status == 201) == 1, $"round {round}: {string.Join(", ", answers)}");
            Assert.Contains(answers.Single(status => status != 201), new[] { 409, 503 });

            // Whoever sends it again is told so at either silo.
            Assert.Equal((409, 409), (await PostAsync(0, second), await PostAsync(1, first)));
            Assert.Single(pair.Engine(0).UsersCalled(SiloPair.Tenant, second));
        }

        async Task<int> PostAsync(int silo, string name)
        {
            var body = new JsonObject { ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"), ["userName"] = name };
            return (await pair.JsonAsync(silo, "POST", Users, secret, body)).Status;
        }
    }
}
