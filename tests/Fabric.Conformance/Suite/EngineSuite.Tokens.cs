using System.Buffers.Text;
using System.Security.Cryptography;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Conformance.Suite;

/// <content>What stands behind the OAuth endpoints: tokens that stand, what may be used once, agents' keys, keys that tokens are bound to.</content>
public abstract partial class EngineSuite
{
    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_token_stands_until_anything_above_it_is_revoked_or_locked()
    {
        var session = await Scene.OpenAsync();
        var (one, other) = (await Scene.IssueAsync(session.Id), await Scene.IssueAsync(session.Id));
        var claims = Scene.Engine.Introspect(one.Token).Claims!;
        Assert.Equal((Scene.Tenant, Scene.Agent, Scene.User, one.Id), (claims.Tenant, claims.ClientId, claims.Subject, Names.FormatId(claims.CredentialId)));

        Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(Tenant: Scene.Tenant, Credentials: [one.Id])));
        Assert.Equal(Codes.CredentialRevoked, Scene.Engine.Introspect(one.Token).Code);
        Assert.Null(Scene.Engine.Introspect(other.Token).Code);
        Scene.Ok(await Scene.Admin.SuspendAgentAsync(Scene.Tenant, Scene.Agent, new SuspendAgent("a look")));
        Assert.Equal((true, Codes.AgentLocked), (Scene.Engine.Introspect(other.Token).Claims is not null, Scene.Engine.Introspect(other.Token).Code));
        Scene.Ok(await Scene.Admin.ResumeAgentAsync(Scene.Tenant, Scene.Agent));
        Assert.Null(Scene.Engine.Introspect(other.Token).Code);
        Scene.Ok(await Scene.AsAgent.CompleteSessionAsync(session.Id));
        Assert.Equal(Codes.SessionRevoked, Scene.Engine.Introspect(other.Token).Code);
    }

    [Fact]
    public async Task What_is_no_token_of_the_fabric_does_not_stand()
    {
        var token = (await Scene.IssueAsync((await Scene.OpenAsync()).Id)).Token;
        var (head, rest) = (token[..token.IndexOf('.', StringComparison.Ordinal)], token[token.IndexOf('.', StringComparison.Ordinal)..]);
        var changed = (token[^3] == 'A' ? "B" : "A") + token[^2..];
        foreach (var text in (string[])["", "x", "a.b.c", head, head + "..", token + "A", new string('a', 100_000), "ä" + token[1..], rest])
        {
            Assert.Equal(new TokenStanding(null, Codes.TokenMalformed), Scene.Engine.Introspect(text));
        }

        Assert.Equal(Codes.TokenSignature, Scene.Engine.Introspect(token[..^3] + changed).Code);
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task A_session_that_is_held_to_an_audience_and_a_key_has_no_other_credentials()
    {
        const string mail = "https://mail.example";
        var key = new string('k', 42) + "A";
        var bound = Scene.Ok(await Scene.AsAgent.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, RequireApproval: true, Audience: mail, ProofKey: key)));
        var mia = Scene.Engine.As(new Caller(Role.User, Scene.Tenant, Scene.User));
        Scene.Ok(await mia.ApproveSessionAsync(bound.Id, new ApproveSession()));
        Scene.Refused(Codes.SessionBound, await Scene.AsAgent.IssueCredentialsAsync(bound.Id, new IssueCredentials()));
        Scene.Refused(Codes.SessionBound, await Scene.AsAgent.IssueCredentialsAsync(bound.Id, new IssueCredentials(ProofKey: new string('x', 42) + "A")));
        Scene.Refused(Codes.SessionBound, await Scene.Admin.IssueCredentialsAsync(bound.Id, new IssueCredentials(Audience: "https://other.example", ProofKey: key)));
        foreach (var audience in (string?[])[null, mail])
        {
            var issued = Scene.Ok(await Scene.AsAgent.IssueCredentialsAsync(bound.Id, new IssueCredentials(Audience: audience, ProofKey: key)));
            var claims = Scene.Engine.Introspect(issued.Credentials[0].Token).Claims!;
            Assert.Equal((mail, key), (claims.Audience, claims.ProofKey));
        }

        Scene.Refused(Codes.InvalidField, await Scene.AsAgent.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, Audience: "")));

        // A part that is handed on may be held as well.
        var part = new DelegateSession(Scene.Shared, "help", Scene.Narrow, Audience: mail, ProofKey: key);
        Scene.Refused(Codes.InvalidField, await Scene.AsAgent.DelegateSessionAsync(bound.Id, part with { ProofKey = "short" }));
        var helping = Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(bound.Id, part));
        Scene.Refused(Codes.SessionBound, await Scene.Admin.IssueCredentialsAsync(helping.Id, new IssueCredentials()));
        var helper = Scene.Engine.Introspect(Scene.Ok(await Scene.Admin.IssueCredentialsAsync(helping.Id, new IssueCredentials(ProofKey: key))).Credentials[0].Token).Claims!;
        Assert.Equal((mail, key), (helper.Audience, helper.ProofKey));
        Scene.Refused(Codes.InvalidField, await Scene.AsAgent.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, ProofKey: "short")));
    }

    [Fact]
    public async Task What_may_be_used_once_is_taken_once()
    {
        // Made when the skew that the start is followed by has passed.
        var made = Instant.From(DateTimeOffset.UtcNow.AddMinutes(1));
        var use = new SingleUse("acme/bot", 42, made, made + TimeSpan.FromMinutes(1));
        Assert.Null(await Scene.Engine.UseOnceAsync(use));
        Assert.Equal(Codes.Replayed, (await Scene.Engine.UseOnceAsync(use))?.Code);
        Assert.Null(await Scene.Engine.UseOnceAsync(use with { Name = 43 }));
        var many = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Scene.Engine.UseOnceAsync(use with { Name = 44 }).AsTask())));
        Assert.Equal(19, many.Count(refused => refused?.Code == Codes.Replayed));
    }

    [Fact]
    public async Task An_agents_keys_are_set_by_administrators_alone_and_shown_without_anything_private()
    {
        var key = KeyOf("k1");
        Scene.Refused(Codes.Forbidden, await Scene.AsAgent.SetAgentKeysAsync(Scene.Tenant, Scene.Agent, new SetAgentKeys([key])));
        var set = Scene.Ok(await Scene.Admin.SetAgentKeysAsync(Scene.Tenant, Scene.Agent, new SetAgentKeys([key])));
        Assert.Equal((key.Kid, key.X, key.Y), (set.Keys![0].Kid, set.Keys[0].X, set.Keys[0].Y));
        Assert.Equal(set.Keys, Scene.Ok(await Scene.AsAgent.GetAgentAsync(Scene.Tenant, Scene.Agent)).Keys);
        Assert.Null(Scene.Ok(await Scene.Admin.GetAgentAsync(Scene.Tenant, Scene.Shared)).Keys);

        Scene.Refused(Codes.InvalidField, await Scene.Admin.SetAgentKeysAsync(Scene.Tenant, Scene.Agent, new SetAgentKeys([key, key])));
        Scene.Refused(Codes.InvalidField, await Scene.Admin.SetAgentKeysAsync(Scene.Tenant, Scene.Agent, new SetAgentKeys([key with { Y = key.X }])));
        Scene.Refused(Codes.InvalidField, await Scene.Admin.SetAgentKeysAsync(Scene.Tenant, Scene.Agent, new SetAgentKeys([key with { Alg = "HS256" }])));
        Scene.Refused(Codes.TooLarge, await Scene.Admin.SetAgentKeysAsync(Scene.Tenant, Scene.Agent, new SetAgentKeys([.. Enumerable.Range(0, 9).Select(i => KeyOf($"k{i}"))])));
        Scene.Refused(Codes.NotFound, await Scene.Admin.SetAgentKeysAsync(Scene.Tenant, "nobody", new SetAgentKeys([])));
        Assert.Equal(set.Keys, Scene.Ok(await Scene.Admin.GetAgentAsync(Scene.Tenant, Scene.Agent)).Keys);
        Assert.Null(Scene.Ok(await Scene.Admin.SetAgentKeysAsync(Scene.Tenant, Scene.Agent, new SetAgentKeys([]))).Keys);
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task Who_gave_an_agent_its_key_cannot_approve_what_it_asks_for()
    {
        Scene.Ok(await Scene.Admin.SetAgentKeysAsync(Scene.Tenant, Scene.Agent, new SetAgentKeys([KeyOf("k1")])));
        var session = Scene.Ok(await Scene.AsAgent.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, RequireApproval: true)));
        Scene.Refused(Codes.ApprovalBySelf, await Scene.Admin.ApproveSessionAsync(session.Id, new ApproveSession()));
    }

    [Fact]
    public async Task A_token_that_is_bound_to_a_key_is_denied_to_who_only_bears_it()
    {
        var session = await Scene.OpenAsync();
        var (mine, theirs) = (new string('A', 42) + "E", new string('B', 42) + "E");
        Scene.Refused(Codes.InvalidField, await Scene.Operator.IssueCredentialsAsync(session.Id, new IssueCredentials(ProofKey: "short")));
        var token = Scene.Ok(await Scene.Operator.IssueCredentialsAsync(session.Id, new IssueCredentials(ProofKey: mine))).Credentials[0].Token;
        var call = new CheckRequest(token, "flights.search", "call", "SEA-JFK", "read");

        Assert.Equal(mine, Scene.Engine.Introspect(token).Claims?.ProofKey);
        await Scene.DeniedAsync(Codes.TokenProof, token);
        Assert.Equal(Codes.TokenProof, Scene.Ok(await Scene.Edge.CheckAsync(call with { ProofKey = theirs })).Code);
        Assert.True(Scene.Ok(await Scene.Edge.CheckAsync(call with { ProofKey = mine })).Allowed);
        await Scene.DeniedAsync(Codes.TokenProof, token);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_was_delegated_by_a_credential_dies_with_it_and_its_siblings_do_not()
    {
        var session = await Scene.OpenAsync();
        var (handed, kept) = (await Scene.IssueAsync(session.Id), await Scene.IssueAsync(session.Id));
        var command = new DelegateSession(Scene.Shared, "a part of it", Scene.Narrow, Token: handed.Token);
        Scene.Refused(Codes.TokenMalformed, await Scene.AsAgent.DelegateSessionAsync(session.Id, command with { Token = "x" }));
        Scene.Refused(Codes.InvalidField, await Scene.AsAgent.DelegateSessionAsync((await Scene.OpenAsync()).Id, command));
        var byCredential = await Scene.IssueAsync(Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, command)).Id);
        var bySession = await Scene.IssueAsync(Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, command with { Token = null })).Id);
        await Scene.AllowedAsync(byCredential.Token);

        Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(Tenant: Scene.Tenant, Credentials: [handed.Id], Wait: "confirmed")));
        await Scene.DeniedAsync(Codes.CredentialRevoked, byCredential.Token);
        await Scene.AllowedAsync(bySession.Token);
        await Scene.AllowedAsync(kept.Token);
        Scene.Refused(Codes.CredentialRevoked, await Scene.AsAgent.DelegateSessionAsync(session.Id, command));
    }

    [Fact]
    [Trait("Invariant", "S2")]
    public async Task What_was_delegated_by_a_credential_ends_with_it_and_waits_for_nobody()
    {
        var session = await Scene.OpenAsync(seconds: 24 * 3600);
        var issued = Scene.Ok(await Scene.AsAgent.IssueCredentialsAsync(session.Id, new IssueCredentials(LifetimeSeconds: 60)));
        var command = new DelegateSession(Scene.Shared, "a part of it", Scene.Narrow, LifetimeSeconds: 3600, Token: issued.Credentials[0].Token);
        var opened = Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, command));
        Assert.Equal((issued.ExpiresAt, "credential"), (opened.ExpiresAt, opened.Clamped?.LimitedBy));

        Scene.Ok(await Scene.Operator.CreateAgentAsync(Scene.Tenant, new CreateAgent("careful", "backend", Scene.Wide, RequireApproval: true)));
        Scene.Refused(Codes.SessionNotApproved, await Scene.AsAgent.DelegateSessionAsync(session.Id, command with { Agent = "careful" }));
        Assert.Equal("requested", Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, command with { Agent = "careful", Token = null })).Status);
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task What_was_delegated_by_a_credential_lies_within_it_and_shares_its_counters()
    {
        var session = await Scene.OpenAsync();
        var counted = new ScopeDto("flights.search", "call", "*", MaxCalls: 2);
        var handed = Scene.Ok(await Scene.AsAgent.IssueCredentialsAsync(session.Id, new IssueCredentials(Scopes: [counted]))).Credentials[0];
        var command = new DelegateSession(Scene.Shared, "a part of it", Scene.Narrow, Token: handed.Token);
        Scene.Refused(Codes.ScopeExceeded, await Scene.AsAgent.DelegateSessionAsync(session.Id, command with { Scopes = [new("mail", "send", "*")] }));

        var first = await Scene.IssueAsync(Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, command)).Id);
        var second = await Scene.IssueAsync(Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, command)).Id);
        await Scene.AllowedAsync(first.Token);
        await Scene.AllowedAsync(second.Token);
        await Scene.DeniedAsync(Codes.QuotaExhausted, first.Token);
        await Scene.DeniedAsync(Codes.QuotaExhausted, second.Token);
        await Scene.DeniedAsync(Codes.QuotaExhausted, handed.Token);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task An_agent_revokes_the_one_credential_that_it_has_shown_and_no_other()
    {
        var session = await Scene.OpenAsync();
        var (own, other) = (await Scene.IssueAsync(session.Id), await Scene.IssueAsync(session.Id));
        var caller = new Caller(Role.Agent, Scene.Tenant, Scene.Agent);
        Assert.False(caller.Owns(Scene.Tenant, [own.Id]));
        caller = caller with { OwnCredential = own.Id };
        Assert.False(caller.Owns("globex", [own.Id]) || caller.Owns(Scene.Tenant, [other.Id]) || caller.Owns(Scene.Tenant, [own.Id, other.Id]) || caller.Owns(Scene.Tenant, []));
        Assert.True(caller.Owns(Scene.Tenant, [own.Id]));
        Scene.Refused(Codes.Forbidden, await Scene.AsAgent.RevokeAsync(new RevokeRequest(Tenant: Scene.Tenant, Credentials: [own.Id])));
        Scene.Refused(Codes.Forbidden, await Scene.AsAgent.RevokeAsync(new RevokeRequest(new NodeDto("session", Scene.Tenant, session.Id))));
    }

    private static AgentKeyDto KeyOf(string kid)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(false).Q;
        return new AgentKeyDto(kid, Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
    }
}
