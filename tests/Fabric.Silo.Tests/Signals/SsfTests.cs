using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Silo.Signals;
using Fabric.Silo.Tests.Engine;

namespace Fabric.Silo.Tests.Signals;

/// <summary>A tenant as a transmitter of shared signals, as a receiver sees it over the wire: SSF 1.0, RFC 8936, RFC 8417, CAEP, RISC.</summary>
public sealed class SsfTests(EngineServer server) : IClassFixture<EngineServer>
{
    private const string Issuer = "https://fabric.local";

    [Fact]
    public async Task The_metadata_names_endpoints_that_are_there()
    {
        var (office, receiver) = await ReceiverAsync();
        var about = JsonNode.Parse(await server.Http.GetStringAsync(new Uri($"/.well-known/ssf-configuration/tenants/{office.Tenant}", UriKind.Relative)))!;
        Assert.Equal(("1_0", $"{Issuer}/tenants/{office.Tenant}", "ALL"), ((string)about["spec_version"]!, (string)about["issuer"]!, (string)about["default_subjects"]!));
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync(new Uri(((string)about["jwks_uri"]!)[Issuer.Length..], UriKind.Relative))).StatusCode);
        foreach (var name in new[] { "status", "add_subject", "remove_subject", "verification" })
        {
            using var answer = await receiver.SendAsync("POST", ((string)about[name + "_endpoint"]!)[Issuer.Length..], "{}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
        Assert.Equal(HttpStatusCode.OK, (await receiver.SendAsync("GET", ((string)about["configuration_endpoint"]!)[Issuer.Length..])).StatusCode);
    }

    [Fact]
    public async Task A_revoked_session_is_told_as_a_typed_and_signed_token_until_it_is_acknowledged()
    {
        var (office, receiver) = await ReceiverAsync();
        var stream = await receiver.CreateAsync();
        await server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("session", office.Tenant, office.Session.Id), Reason: "stolen laptop")).OrThrow();
        var sets = await receiver.PollAsync(stream);
        var (jti, token) = Assert.Single(sets);
        var claims = await VerifiedAsync(office.Tenant, token);
        Assert.Equal((jti, $"{Issuer}/tenants/{office.Tenant}", "siem"), ((string)claims["jti"]!, (string)claims["iss"]!, (string)claims["aud"]!));
        Assert.Null(claims["sub"] ?? claims["exp"]);
        Assert.Equal(("complex", office.Session.Id), ((string)claims["sub_id"]!["format"]!, (string)claims["sub_id"]!["session"]!["id"]!));
        var told = claims["events"]![SignalEvents.SessionRevoked]!;
        Assert.Equal("stolen laptop", (string)told["reason_admin"]!["en"]!);
        Assert.True((long)told["event_timestamp"]! > 1_700_000_000);

        Assert.Equal(jti, Assert.Single(await receiver.PollAsync(stream)).Key);
        Assert.Empty(await receiver.PollAsync(stream, null, jti));
        Assert.Empty(await receiver.PollAsync(stream));
    }

    [Fact]
    public async Task Each_signal_has_the_type_and_the_subject_of_its_standard()
    {
        var (office, receiver) = await ReceiverAsync();
        var stream = await receiver.CreateAsync();
        await server.Operator.RevokeAsync(new RevokeRequest(Tenant: office.Tenant, Credentials: [office.Credential.Id], Reason: "leaked")).OrThrow();
        await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        await server.Operator.SuspendAgentAsync(office.Tenant, office.Agent, new SuspendAgent("test")).OrThrow();
        await server.Operator.ResumeAgentAsync(office.Tenant, office.Agent).OrThrow();
        await server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("user", office.Tenant, office.User), Mode: "generation", Reason: "reset")).OrThrow();
        await server.Operator.OffboardUserAsync(office.Tenant, office.User, new EndNode("left")).OrThrow();
        var told = new List<string>();
        foreach (var token in (await receiver.PollAsync(stream)).Values)
        {
            var claims = await VerifiedAsync(office.Tenant, token);
            var subject = claims["sub_id"]!.AsObject();
            var (type, fields) = claims["events"]!.AsObject().Single();
            var name = (string)subject["format"]! == "complex" ? subject.Single(member => member.Key != "format") : subject.Last();
            var id = name.Value is JsonObject inner ? (string)inner["id"]! : (string)name.Value!;
            told.Add($"{type.Split('/')[^1]} {name.Key}={id}{(fields!["credential_type"] is { } kind ? $" {kind} {fields["change_type"]}" : "")}");
        }
        Assert.Equal(
            [
                $"credential-change jti={office.Credential.Id} access_token revoke", $"credential-change application={office.Agent} client_secret update",
                $"account-disabled application={office.Agent}", $"account-enabled application={office.Agent}", $"session-revoked sub={office.User}", $"account-disabled sub={office.User}",
                // A personal agent goes with its user.
                $"account-disabled application={office.Agent}",
            ],
            told.Where(each => !each.Contains(" session=", StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task Nothing_is_lost_over_pages_out_of_order_acknowledgements_and_a_pause()
    {
        var (office, receiver) = await ReceiverAsync();
        var stream = await receiver.CreateAsync();
        for (var i = 0; i < 3; i++)
        {
            await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        }
        var first = (await receiver.PollAsync(stream, 2)).Keys.ToList();
        Assert.Equal(2, first.Count);
        // The second is acknowledged and the first is not: the first comes again, then the third.
        var second = (await receiver.PollAsync(stream, 2, first[1])).Keys.ToList();
        Assert.Equal(first[0], second[0]);
        Assert.NotEqual(first[1], second[1]);
        Assert.Equal("paused", await receiver.SetStatusAsync(stream, "paused"));
        Assert.Empty(await receiver.PollAsync(stream));
        await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        Assert.Equal("enabled", await receiver.SetStatusAsync(stream, "enabled"));
        var rest = (await receiver.PollAsync(stream, null, [.. second])).Keys.ToList();
        Assert.DoesNotContain(Assert.Single(rest), (string[])[.. first, .. second]);
        Assert.Empty(await receiver.PollAsync(stream, null, [.. rest]));

        // A disabled stream drops what happens meanwhile.
        await receiver.SetStatusAsync(stream, "disabled");
        await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        await receiver.SetStatusAsync(stream, "enabled");
        Assert.Empty(await receiver.PollAsync(stream));
    }

    [Fact]
    public async Task A_poll_waits_for_the_next_signal()
    {
        var (office, receiver) = await ReceiverAsync();
        var stream = await receiver.CreateAsync();
        var waiting = receiver.PollAsync(stream, immediately: false);
        await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        Assert.Single(await waiting);
    }

    [Fact]
    public async Task A_verification_comes_with_its_state_and_not_too_often()
    {
        var (office, receiver) = await ReceiverAsync();
        var stream = await receiver.CreateAsync();
        var verify = new JsonObject { ["stream_id"] = stream, ["state"] = "abc" }.ToJsonString();
        Assert.Equal(HttpStatusCode.NoContent, (await receiver.SendAsync("POST", receiver.Path("verify"), verify)).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await receiver.SendAsync("POST", receiver.Path("verify"), verify)).StatusCode);
        var (jti, token) = Assert.Single(await receiver.PollAsync(stream));
        var claims = await VerifiedAsync(office.Tenant, token);
        Assert.Equal(("opaque", stream, "abc"), ((string)claims["sub_id"]!["format"]!, (string)claims["sub_id"]!["id"]!, (string)claims["events"]![SignalEvents.Verification]!["state"]!));
        Assert.Empty(await receiver.PollAsync(stream, null, jti));
    }

    [Fact]
    public async Task A_removed_subject_is_silent_until_it_is_added_again()
    {
        var (office, receiver) = await ReceiverAsync();
        var stream = await receiver.CreateAsync();
        var subject = new JsonObject
        {
            ["stream_id"] = stream, ["subject"] = new JsonObject { ["format"] = "complex", ["application"] = new JsonObject { ["format"] = "opaque", ["id"] = office.Agent } },
        }.ToJsonString();
        Assert.Equal(HttpStatusCode.NoContent, (await receiver.SendAsync("POST", receiver.Path("subjects:remove"), subject)).StatusCode);
        await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        Assert.Empty(await receiver.PollAsync(stream));
        Assert.Equal(HttpStatusCode.OK, (await receiver.SendAsync("POST", receiver.Path("subjects:add"), subject)).StatusCode);
        await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        Assert.Single(await receiver.PollAsync(stream));
    }

    [Fact]
    public async Task A_stream_is_read_changed_replaced_and_deleted()
    {
        var (office, receiver) = await ReceiverAsync();
        var stream = await receiver.CreateAsync($$"""{"events_requested":["{{SignalEvents.AccountDisabled}}","urn:unknown"],"description":"d","future":1}""");
        var read = JsonNode.Parse(await (await receiver.SendAsync("GET", receiver.Path($"stream?stream_id={stream}"))).Content.ReadAsStringAsync())!;
        Assert.Equal([SignalEvents.AccountDisabled], read["events_delivered"]!.AsArray().Select(each => (string)each!));
        Assert.Equal(("d", SignalStreams.Poll), ((string)read["description"]!, (string)read["delivery"]!["method"]!));
        await server.Operator.RotateAgentSecretAsync(office.Tenant, office.Agent).OrThrow();
        Assert.Empty(await receiver.PollAsync(stream));
        foreach (var (method, body, status) in new[]
        {
            ("PATCH", $$"""{"stream_id":"{{stream}}","description":"e"}""", 200), ("PATCH", $$"""{"stream_id":"{{stream}}","aud":"other"}""", 400), ("PATCH", """{"description":"e"}""", 400),
            ("PUT", $$"""{"stream_id":"{{stream}}","iss":"https://evil"}""", 400), ("PUT", $$$"""{"stream_id":"{{{stream}}}","delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"http://127.0.0.1/"}}""", 400),
            ("PUT", $$"""{"stream_id":"{{stream}}"}""", 200),
        })
        {
            Assert.Equal(status, (int)(await receiver.SendAsync(method, receiver.Path("stream"), body)).StatusCode);
        }
        var all = JsonNode.Parse(await (await receiver.SendAsync("GET", receiver.Path("stream"))).Content.ReadAsStringAsync())!.AsArray();
        Assert.Equal((SignalEvents.Supported.Count, null), (Assert.Single(all)!["events_delivered"]!.AsArray().Count, (string?)all[0]!["description"]));
        Assert.Equal(HttpStatusCode.NoContent, (await receiver.SendAsync("DELETE", receiver.Path($"stream?stream_id={stream}"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await receiver.SendAsync("DELETE", receiver.Path($"stream?stream_id={stream}"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await receiver.SendAsync("POST", receiver.Path($"poll/{stream}"), "{}")).StatusCode);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_stream_is_its_receivers_alone()
    {
        var (office, receiver) = await ReceiverAsync();
        var stream = await receiver.CreateAsync();
        var (other, stranger) = await ReceiverAsync();
        var sibling = new SsfReceiver(server, office.Tenant, (await server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "another", office.Tenant)).OrThrow()).Secret);
        foreach (var who in new[] { stranger, sibling, stranger with { Tenant = office.Tenant } })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await who.SendAsync("GET", who.Path($"stream?stream_id={stream}"))).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await who.SendAsync("POST", who.Path($"poll/{stream}"), "{}")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await who.SendAsync("POST", who.Path("status"), $$"""{"stream_id":"{{stream}}","status":"disabled"}""")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await who.SendAsync("DELETE", who.Path($"stream?stream_id={stream}"))).StatusCode);
        }
        await server.Operator.RotateAgentSecretAsync(other.Tenant, other.Agent).OrThrow();
        Assert.Empty(await receiver.PollAsync(stream));
    }

    [Theory]
    [InlineData("POST", "stream", """{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"http://169.254.169.254/"}}""")]
    [InlineData("POST", "stream", """{"events_requested":"all"}""")]
    [InlineData("POST", "status", """{"stream_id":"ID","status":"asleep"}""")]
    [InlineData("POST", "status", """{"status":"paused"}""")]
    [InlineData("POST", "subjects:add", """{"stream_id":"ID"}""")]
    [InlineData("POST", "subjects:remove", """{"stream_id":"ID","subject":"jane"}""")]
    [InlineData("POST", "subjects:remove", """{"stream_id":"ID","subject":{"id":"x"}}""")]
    [InlineData("POST", "verify", """{"state":"x"}""")]
    [InlineData("POST", "poll/ID", """{"maxEvents":-1}""")]
    [InlineData("POST", "poll/ID", """{"ack":[1]}""")]
    [InlineData("GET", "stream?id=x", null)]
    public async Task A_request_that_does_not_hold_is_a_bad_request(string method, string path, string? body)
    {
        var (_, receiver) = await ReceiverAsync();
        var stream = await receiver.CreateAsync();
        using var answer = await receiver.SendAsync(method, receiver.Path(path.Replace("ID", stream, StringComparison.Ordinal)), body?.Replace("ID", stream, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private async Task<(Office Office, SsfReceiver Receiver)> ReceiverAsync()
    {
        var office = await Office.OpenAsync(server);
        var secret = (await server.Operator.MakeApiKeyAsync(new MakeApiKey("auditor", "siem", office.Tenant)).OrThrow()).Secret;
        return (office, new SsfReceiver(server, office.Tenant, secret));
    }

    private async Task<JsonNode> VerifiedAsync(string tenant, string token)
    {
        var parts = token.Split('.');
        var head = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!;
        Assert.Equal(("ES256", "secevent+jwt"), ((string)head["alg"]!, (string)head["typ"]!));
        var key = (await server.Operator.GetSigningKeysAsync(tenant).OrThrow()).Keys.Single(each => each.Kid == (string)head["kid"]!);
        using var verifier = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Base64Url.DecodeFromChars(key.X), Y = Base64Url.DecodeFromChars(key.Y) },
        });
        Assert.True(verifier.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        return JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
    }
}
