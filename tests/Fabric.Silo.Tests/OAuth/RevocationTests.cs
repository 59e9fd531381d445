using System.Net;
using System.Net.Http.Headers;
using Fabric.Client;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Revocations;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Silo.Tests.OAuth;

/// <summary>What the revocation endpoint (RFC 7009) says is done, is done.</summary>
public sealed class RevocationTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_token_that_checks_let_pass_within_the_skew_is_revoked_too()
    {
        var client = await server.AgentAsync();
        var answer = (await client.TokenAsync()).Ok();
        server.Time.Advance(TimeSpan.FromSeconds(answer.Body.GetProperty("expires_in").GetInt64() + 2));
        var call = new CheckRequest(answer.Token, "mail", "send", "x", "read");
        Assert.True((await server.Operator.CheckAsync(call).OrThrow()).Allowed);
        Assert.False((await client.IntrospectAsync(answer.Token)).Ok().Body.GetProperty("active").GetBoolean());

        Assert.Equal(200, (await client.RevokeAsync(answer.Token)).Status);
        var after = await server.Operator.CheckAsync(call).OrThrow();
        Assert.Equal((false, Codes.CredentialRevoked), (after.Allowed, after.Code));
    }

    [Theory]
    [InlineData(null, HttpStatusCode.OK)]
    [InlineData(Codes.CheckUnavailable, HttpStatusCode.ServiceUnavailable)]
    [InlineData(Codes.StorageUnavailable, HttpStatusCode.ServiceUnavailable)]
    [Trait("Invariant", "R1")]
    public async Task A_token_of_a_key_that_this_silo_has_not_heard_of_is_said_to_be_revoked_by_one_that_knows_all(string? behind, HttpStatusCode status)
    {
        await using var engine = new StubEngine { Standing = new TokenStanding(null, Codes.TokenKeyUnknown) };
        var asked = 0;
        engine.CatchingUp = () =>
        {
            asked++;
            return behind is null ? null : new Rejection(behind, "feed", "this silo is behind");
        };
        Assert.Equal(status, await RevokeAsync(engine, "a.b.c"));
        Assert.Equal(1, asked);
    }

    [Theory]
    [InlineData(Codes.SessionEnded, false, HttpStatusCode.ServiceUnavailable)]
    [InlineData(Codes.SessionRevoked, false, HttpStatusCode.ServiceUnavailable)]
    [InlineData(Codes.SessionEnded, true, HttpStatusCode.OK)]
    [Trait("Invariant", "D1")]
    public async Task A_session_that_an_earlier_request_ended_in_memory_alone_is_not_said_to_be_ended(string code, bool durable, HttpStatusCode status)
    {
        await using var engine = new StubEngine(revision: 7);
        engine.Answer = (method, arguments) => method.Name switch
        {
            "CompleteSessionAsync" => (Outcome<Receipt>)new Rejection(code, "session", "the session is over"),
            "GetReceiptAsync" => (Outcome<Receipt>)new Receipt(
                (ulong)arguments[0]!, durable ? "accepted" : "partial", durable, DateTimeOffset.UnixEpoch, null, new ClosedClasses(false, false, false), [], [], [], [], null),
            _ => StubFabric.Refuse(method.ReturnType.GetGenericArguments()[0]),
        };
        Assert.Equal(status, await RevokeAsync(engine, new string('a', 32)));
    }

    private static async Task<HttpStatusCode> RevokeAsync(StubEngine engine, string token)
    {
        await using var app = SiloHost.Build(new SiloOptions { Urls = "http://127.0.0.1:0" }, engine, NullLoggerFactory.Instance);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tenants/acme/oauth/revoke") { Content = OAuthServer.Form(("token", token)) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "agent@acme");
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
