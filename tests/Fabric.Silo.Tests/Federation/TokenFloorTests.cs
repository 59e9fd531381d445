using System.Net;
using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Silo.Federation;
using Fabric.Silo.OAuth;
using Fabric.Silo.Outbound;
using Fabric.Silo.Tests.OAuth;
using Fabric.Silo.Tests.Signals;

namespace Fabric.Silo.Tests.Federation;

/// <summary>Tokens of users that were made before their issuer said that the user's sessions have ended.</summary>
public sealed class TokenFloorTests(FederatedServer federated) : IClassFixture<FederatedServer>
{
    private const string Audience = "fabric-client";
    private const string Revoked = IntakeScenes.Caep + "session-revoked";

    private readonly IntakeScenes _scenes = new(federated);

    private OAuthServer Server => federated.Server;

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_token_that_was_made_before_the_users_sessions_were_ended_opens_none()
    {
        var agent = await AgentAsync();
        var (before, other) = (federated.Token("mia", Audience), federated.Token("omar", Audience));
        var opened = (await ExchangeAsync(agent, before)).Ok();
        Server.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(agent.Tenant, Event()));
        Assert.False((await agent.IntrospectAsync(opened.Token)).Body.GetProperty("active").GetBoolean());
        (await ExchangeAsync(agent, before)).Refused("invalid_request");
        (await ExchangeAsync(agent, other)).Ok();

        // The user may begin anew, and what a late event says of before is no reason against that.
        var late = Event();
        Server.Time.Advance(TimeSpan.FromSeconds(2));
        var anew = federated.Token("mia", Audience);
        (await ExchangeAsync(agent, anew)).Ok();
        Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(agent.Tenant, late));
        (await ExchangeAsync(agent, anew)).Ok();
        (await ExchangeAsync(agent, before)).Refused("invalid_request");

        string Event() => _scenes.Token("mia", Revoked, "{}");
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_session_that_is_opened_while_the_users_sessions_are_ended_ends()
    {
        var agent = await AgentAsync();
        var (token, sessions) = (federated.Token("mia", Audience), new List<string>());
        var caller = Server.Engine.AuthenticateAgent(agent.Tenant, agent.Id, _ => true).OrThrow();
        Server.Time.Advance(TimeSpan.FromSeconds(2));
        await using var engine = new RelayedEngine(Server.Engine);
        engine.Instead = method => method == nameof(IFabric.OpenSessionAsync) ? (object)new ValueTask<Outcome<SessionInfo>>(LaterAsync()) : null;
        using var http = new OutboundHttp(new OutboundSettings { PlainHttpNetworks = "127.0.0.0/8" }, TimeProvider.System);
        var issuers = new Issuers(OAuthServer.Address);
        var grant = new UserTokenGrant(engine, new IssuedTokens(engine, new KeySets(http, Server.Time), issuers, Server.Time), issuers, Server.Time);
        var refused = await grant.OpenAsync(caller, new GrantRequest(), UserTokenGrant.IdTokenType, token, null, CancellationToken.None);
        Assert.False(refused.IsOk);
        Assert.NotEqual("active", (await Server.Operator.GetSessionAsync(Assert.Single(sessions)).OrThrow()).Status);

        async Task<Outcome<SessionInfo>> LaterAsync()
        {
            Assert.Equal(HttpStatusCode.Accepted, await _scenes.SendAsync(agent.Tenant, _scenes.Token("mia", Revoked, "{}")));
            var opened = await Server.Engine.As(caller).OpenSessionAsync(agent.Tenant, new OpenSession(agent.Id, "late", [new ScopeDto("mail")], "mia", 60)).OrThrow();
            Assert.Equal("active", opened.Status);
            sessions.Add(opened.Id);
            return opened;
        }
    }

    [Fact]
    public async Task A_token_that_does_not_say_when_it_was_made_or_is_older_than_is_remembered_opens_nothing()
    {
        var agent = await AgentAsync();
        (await ExchangeAsync(agent, federated.Token("mia", Audience, claims => claims.Remove("iat")))).Refused("invalid_request");
        var made = Server.Now - (long)IssuedTokens.LifetimeMax.TotalSeconds;
        (await ExchangeAsync(agent, federated.Token("mia", Audience, claims => claims["iat"] = made - 1))).Refused("invalid_request");
        (await ExchangeAsync(agent, federated.Token("mia", Audience, claims => claims["iat"] = made + 1))).Ok();
    }

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task What_was_ruled_out_last_stays_so_until_no_token_of_before_can_count()
    {
        var tenant = await Server.TenantAsync();
        var (floors, now) = (new TokenFloors(Server.Engine, Server.Time), Instant.From(Server.Time.GetUtcNow()));
        Assert.False((await floors.IsBelowAsync(tenant, "mia", now, CancellationToken.None)).OrThrow());
        Assert.Null(await floors.RaiseAsync(tenant, "mia", now, CancellationToken.None));
        Assert.Null(await floors.RaiseAsync(tenant, "mia", now - TimeSpan.FromHours(1), CancellationToken.None));
        Assert.True((await floors.IsBelowAsync(tenant, "mia", now, CancellationToken.None)).OrThrow());
        Assert.False((await floors.IsBelowAsync(tenant, "mia", now + TimeSpan.FromSeconds(1), CancellationToken.None)).OrThrow());
        Assert.False((await floors.IsBelowAsync(tenant, "omar", now, CancellationToken.None)).OrThrow());
        Server.Time.Advance(IssuedTokens.LifetimeMax);
        Assert.True((await floors.IsBelowAsync(tenant, "mia", now, CancellationToken.None)).OrThrow());
        Assert.Null(await floors.RaiseAsync(tenant, "mia", now + TimeSpan.FromHours(2), CancellationToken.None));
        Server.Time.Advance(IssuedTokens.LifetimeMax);
        Assert.True((await floors.IsBelowAsync(tenant, "mia", now + TimeSpan.FromHours(1), CancellationToken.None)).OrThrow());
        Server.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.False((await floors.IsBelowAsync(tenant, "mia", now, CancellationToken.None)).OrThrow());
    }

    private async Task<AgentClient> AgentAsync()
    {
        var agent = await federated.SharedAgentAsync();
        await Server.Operator.CreateUserAsync(agent.Tenant, new CreateUser("mia")).OrThrow();
        await Server.Operator.CreateUserAsync(agent.Tenant, new CreateUser("omar")).OrThrow();
        await federated.TrustAsync(agent.Tenant, new PutIssuer("users", federated.Issuer.Url, Audiences: [Audience]));
        await federated.TrustAsync(agent.Tenant, new PutIssuer("signals", federated.Issuer.Url, Audiences: [IntakeScenes.Audience]), "idp");
        return agent;
    }

    private static Task<OAuthReply> ExchangeAsync(AgentClient agent, string token) => agent.Server.PostAsync(
        agent.Tenant, "token", agent.BasicHeader, ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", token), ("subject_token_type", UserTokenGrant.IdTokenType));
}
