using Fabric.Conformance.Suite;
using Fabric.Contracts.Agents;

namespace Fabric.Cluster.Tests.Http;

/// <summary>A client whose requests come to one silo and then to another.</summary>
[Collection(SharedPostgres.Name)]
public sealed class OAuthAcrossSilosTests(PostgresFixture postgres)
{
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_token_of_one_silo_is_known_and_revoked_at_the_other()
    {
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync());
        (string, string)[] by = [("Authorization", "Bearer " + await pair.AgentAsync("robot"))];
        for (var round = 0; round < 2; round++)
        {
            var (status, answer) = await pair.FormAsync(round, "token", by, ("grant_type", "client_credentials"), ("scope", "mail:send"));
            Assert.True(status == 200, answer?.ToJsonString());
            var (token, other) = ((string)answer!["access_token"]!, 1 - round);
            await pair.MeetAsync(other);
            var said = (await pair.FormAsync(other, "introspect", by, ("token", token))).Body!;
            Assert.Equal((true, "robot"), ((bool)said["active"]!, (string?)said["client_id"]));

            // The first by the token, the second by its session.
            Assert.Equal(200, (await pair.FormAsync(other, "revoke", by, ("token", round == 0 ? token : (string)answer["session"]!))).Status);
            Assert.False((bool)(await pair.FormAsync(other, "introspect", by, ("token", token))).Body!["active"]!);
            await pair.MeetAsync(round);
            Assert.False((bool)(await pair.FormAsync(round, "introspect", by, ("token", token))).Body!["active"]!);
        }
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_token_of_a_key_that_was_made_a_moment_ago_at_one_silo_is_revoked_by_the_other()
    {
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync());
        (string, string)[] by = [("Authorization", "Bearer " + await pair.AgentAsync("robot"))];
        for (var round = 0; round < 5; round++)
        {
            Scene.Ok(await pair.Operator(0).RotateSigningKeyAsync(SiloPair.Tenant));
            var token = (string)(await pair.FormAsync(0, "token", by, ("grant_type", "client_credentials"))).Body!["access_token"]!;
            Assert.Equal(200, (await pair.FormAsync(1, "revoke", by, ("token", token))).Status);
            await pair.MeetAsync(0);
            Assert.False((bool)(await pair.FormAsync(0, "introspect", by, ("token", token))).Body!["active"]!);
        }
    }

    [Fact]
    public async Task An_assertion_and_a_proof_that_one_silo_has_taken_are_refused_by_the_other()
    {
        await using var pair = await SiloPair.StartAsync(await postgres.MakeAsync());
        using var key = new ClientKey();
        var secret = await pair.AgentAsync("robot");
        Scene.Ok(await pair.Operator(0).SetAgentKeysAsync(SiloPair.Tenant, "robot", new SetAgentKeys([key.Dto])));
        await pair.MeetAsync(1);
        for (var first = 0; first < 2; first++)
        {
            var assertion = key.Assertion("robot");
            Assert.Equal((200, null), await AssertAsync(first, assertion));
            Assert.Equal((401, "invalid_client"), await AssertAsync(1 - first, assertion));
            Assert.Equal((401, "invalid_client"), await AssertAsync(first, assertion));
            Assert.Equal((200, null), await AssertAsync(1 - first, key.Assertion("robot")));

            // A nonce of either silo holds at both, and a proof is used once all the same.
            var proof = key.Proof(await pair.NonceAsync(first, secret));
            Assert.Equal((200, null), await ProveAsync(1 - first, proof));
            Assert.Equal((400, "invalid_dpop_proof"), await ProveAsync(first, proof));
            Assert.Equal((400, "invalid_dpop_proof"), await ProveAsync(1 - first, proof));
        }

        async Task<(int, string?)> AssertAsync(int silo, string assertion)
        {
            var (status, body) = await pair.FormAsync(
                silo, "token", [], ("grant_type", "client_credentials"), ("client_assertion_type", AssertionType), ("client_assertion", assertion));
            return (status, (string?)body!["error"]);
        }

        async Task<(int, string?)> ProveAsync(int silo, string proof)
        {
            var (status, body) = await pair.FormAsync(silo, "token", [("Authorization", "Bearer " + secret), ("DPoP", proof)], ("grant_type", "client_credentials"));
            return (status, (string?)body!["error"]);
        }
    }
}
