using Fabric.Contracts.Audit;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Trust;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Conformance.Suite;

/// <summary>What every engine does alike (E1). An engine's own class says how one is opened; nothing here knows which it is.</summary>
[Trait("Invariant", "E1")]
public abstract partial class EngineSuite : IAsyncLifetime
{
    protected Scene Scene { get; private set; } = null!;

    protected abstract Task<IFabricEngine> OpenAsync();

    protected abstract Task CloseAsync();

    public async Task InitializeAsync() => Scene = await Scene.MakeAsync(await OpenAsync());

    public Task DisposeAsync() => CloseAsync();

    [Fact]
    public async Task A_session_issues_a_credential_that_may_do_what_its_scope_says_and_nothing_else()
    {
        var session = await Scene.OpenAsync(scopes: Scene.Narrow);
        var credential = await Scene.IssueAsync(session.Id);

        await Scene.AllowedAsync(credential.Token);
        await Scene.DeniedAsync(Codes.ScopeDenied, credential.Token, "flights.book");
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task An_approval_names_the_approver_and_the_requester_cannot_give_it()
    {
        var opened = Scene.Ok(await Scene.AsAgent.OpenSessionAsync(
            Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, RequireApproval: true)));
        Assert.Equal("requested", opened.Status);
        Scene.Refused(Codes.SessionNotApproved, await Scene.AsAgent.IssueCredentialsAsync(opened.Id, new IssueCredentials()));

        var self = Scene.Engine.As(new Caller(Role.Approver, Scene.Tenant, Scene.Agent));
        Scene.Refused(Codes.ApprovalBySelf, await self.ApproveSessionAsync(opened.Id, new ApproveSession()));
        Scene.Refused(Codes.Forbidden, await Scene.AsAgent.ApproveSessionAsync(opened.Id, new ApproveSession()));

        var approved = Scene.Ok(await Scene.Approver.ApproveSessionAsync(opened.Id, new ApproveSession("fine")));
        Assert.Equal("active", approved.Status);
        Assert.Equal("approver:jane@acme", approved.ApprovedBy);
        Scene.Refused(Codes.SessionNotRequested, await Scene.Approver.ApproveSessionAsync(opened.Id, new ApproveSession()));
        await Scene.AllowedAsync((await Scene.IssueAsync(opened.Id)).Token);
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task A_session_that_has_ended_never_becomes_live_again()
    {
        var session = await Scene.OpenAsync();
        var credential = await Scene.IssueAsync(session.Id);
        Scene.Ok(await Scene.AsAgent.CompleteSessionAsync(session.Id));

        await Scene.DeniedAsync(Codes.SessionRevoked, credential.Token);
        Scene.Refused(Codes.SessionEnded, await Scene.AsAgent.IssueCredentialsAsync(session.Id, new IssueCredentials()));
        Scene.Refused(Codes.SessionEnded, await Scene.Approver.ApproveSessionAsync(session.Id, new ApproveSession()));
        Assert.Equal("completed", Scene.Ok(await Scene.Admin.GetSessionAsync(session.Id)).Status);
    }

    [Theory]
    [InlineData("tenant", null, Codes.TenantRevoked)]
    [InlineData("user", Scene.User, Codes.UserRevoked)]
    [InlineData("agent", Scene.Agent, Codes.AgentRevoked)]
    [Trait("Invariant", "R1")]
    public async Task Raising_a_generation_kills_what_was_issued_and_lets_the_node_live(string kind, string? id, string code)
    {
        var before = await Scene.IssueAsync((await Scene.OpenAsync()).Id);
        var receipt = Scene.Ok(await Scene.Operator.RevokeAsync(
            new RevokeRequest(new NodeDto(kind, Scene.Tenant, id), Wait: "confirmed")));

        Assert.Equal("confirmed", receipt.State);
        await Scene.DeniedAsync(code, before.Token);
        await Scene.AllowedAsync((await Scene.IssueAsync((await Scene.OpenAsync()).Id)).Token);
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public async Task A_revocation_hits_its_own_and_leaves_siblings_alone()
    {
        var session = await Scene.OpenAsync();
        var other = await Scene.IssueAsync((await Scene.OpenAsync()).Id);
        var (first, second) = (await Scene.IssueAsync(session.Id), await Scene.IssueAsync(session.Id));
        var request = new RevokeRequest(Tenant: Scene.Tenant, Credentials: [first.Id], Wait: "confirmed");
        var receipt = Scene.Ok(await Scene.Admin.RevokeAsync(request));

        await Scene.DeniedAsync(Codes.CredentialRevoked, first.Token);
        await Scene.AllowedAsync(second.Token);
        await Scene.AllowedAsync(other.Token);
        Assert.Equal(receipt.Revision, Scene.Ok(await Scene.Admin.RevokeAsync(request)).Revision);
    }

    [Fact]
    [Trait("Invariant", "R5")]
    public async Task An_idempotency_key_answers_the_same_revision_and_refuses_another_request()
    {
        var request = new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User), IdempotencyKey: "k1");
        var first = Scene.Ok(await Scene.Admin.RevokeAsync(request));

        Assert.Equal(first.Revision, Scene.Ok(await Scene.Admin.RevokeAsync(request)).Revision);
        Scene.Refused(
            Codes.IdempotencyConflict, await Scene.Admin.RevokeAsync(request with { Node = new NodeDto("agent", Scene.Tenant, Scene.Agent) }));
    }

    [Fact]
    public async Task Offboarding_a_user_ends_it_and_its_personal_agents()
    {
        var credential = await Scene.IssueAsync((await Scene.OpenAsync()).Id);
        Scene.Ok(await Scene.Admin.OffboardUserAsync(Scene.Tenant, Scene.User, new EndNode("left", "confirmed")));

        await Scene.DeniedAsync(Codes.UserRevoked, credential.Token);
        Assert.Equal("retired", Scene.Ok(await Scene.Admin.GetAgentAsync(Scene.Tenant, Scene.Agent)).Status);
        Scene.Refused(Codes.AgentRevoked, await Scene.Operator.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "again", Scene.Wide)));
    }

    [Fact]
    [Trait("Invariant", "S2")]
    public async Task Nothing_outlives_what_it_comes_from_and_the_answer_says_so()
    {
        var session = await Scene.OpenAsync(seconds: 60);
        var issued = Scene.Ok(await Scene.AsAgent.IssueCredentialsAsync(session.Id, new IssueCredentials(LifetimeSeconds: 3_600)));
        Assert.Equal("session", issued.Clamped?.LimitedBy);
        Assert.True(issued.ExpiresAt <= session.ExpiresAt);

        var child = Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(
            session.Id, new DelegateSession(Scene.Shared, "help", Scene.Narrow, LifetimeSeconds: 3_600)));
        Assert.Equal("delegator", child.Clamped?.LimitedBy);
        Assert.True(child.ExpiresAt <= session.ExpiresAt);
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public async Task A_delegation_only_narrows_and_dies_with_its_delegator()
    {
        var session = await Scene.OpenAsync(scopes: Scene.Narrow);
        Scene.Refused(Codes.ScopeExceeded, await Scene.AsAgent.DelegateSessionAsync(session.Id, new DelegateSession(Scene.Shared, "help", Scene.Wide)));
        Scene.Refused(Codes.DelegationCycle, await Scene.AsAgent.DelegateSessionAsync(session.Id, new DelegateSession(Scene.Agent, "help", Scene.Narrow)));

        var child = Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, new DelegateSession(Scene.Shared, "help", Scene.Narrow)));
        var credential = await Scene.IssueAsync(child.Id);
        await Scene.AllowedAsync(credential.Token);
        Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(new NodeDto("session", Scene.Tenant, session.Id), Wait: "confirmed")));
        await Scene.DeniedAsync(Codes.SessionRevoked, credential.Token);
        Scene.Refused(Codes.SessionRevoked, await Scene.Operator.IssueCredentialsAsync(child.Id, new IssueCredentials()));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_session_crosses_tenants_only_along_a_grant_that_both_agreed_to_and_either_side_ends()
    {
        await Scene.AddTenantAsync("globex");
        Scene.Ok(await Scene.Operator.CreateAgentAsync("globex", new("partner", "backend", Scene.Wide)));
        var session = await Scene.OpenAsync();
        var delegation = new DelegateSession("partner", "help", Scene.Narrow, "globex");
        Scene.Refused(Codes.TrustMissing, await Scene.AsAgent.DelegateSessionAsync(session.Id, delegation));

        var globex = Scene.Engine.As(new Caller(Role.TenantAdmin, "globex", "gus"));
        var trust = Scene.Ok(await Scene.Admin.ProposeTrustAsync(
            Scene.Tenant, new ProposeTrust("globex", Scene.Narrow, DateTimeOffset.UtcNow.AddDays(1))));
        Scene.Refused(Codes.TrustMissing, await Scene.AsAgent.DelegateSessionAsync(session.Id, delegation));
        Scene.Refused(Codes.TrustNotAccepted, await Scene.Admin.AcceptTrustAsync(Scene.Tenant, trust.Id));
        Scene.Ok(await globex.AcceptTrustAsync("globex", trust.Id));

        var child = Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, delegation));
        var credential = await Scene.IssueAsync(child.Id);
        await Scene.AllowedAsync(credential.Token);
        Scene.Refused(Codes.NotFound, await globex.GetSessionAsync(session.Id));
        Scene.Refused(Codes.NotFound, await globex.RevokeAsync(new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User))));

        Scene.Ok(await globex.RevokeAsync(new RevokeRequest(new NodeDto("trust", Scene.Tenant, trust.Id), Mode: "terminal", Wait: "confirmed")));
        await Scene.DeniedAsync(Codes.TrustRevoked, credential.Token);
    }

    [Fact]
    public async Task A_lock_stops_and_its_release_lets_go_on()
    {
        var credential = await Scene.IssueAsync((await Scene.OpenAsync()).Id);
        Scene.Ok(await Scene.Admin.LockAsync(new LockRequest(new NodeDto("agent", Scene.Tenant, Scene.Agent), "look into it", Seconds: 600)));
        await Scene.DeniedAsync(Codes.AgentLocked, credential.Token);
        Assert.Single(Scene.Ok(await Scene.Admin.ListLocksAsync(Scene.Tenant, new PageQuery())).Items);

        Scene.Ok(await Scene.Admin.UnlockAsync(new UnlockRequest(new NodeDto("agent", Scene.Tenant, Scene.Agent), "fine")));
        await Scene.AllowedAsync(credential.Token);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_revocation_on_a_locked_node_outlives_the_lock()
    {
        var credential = await Scene.IssueAsync((await Scene.OpenAsync()).Id);
        var node = new NodeDto("user", Scene.Tenant, Scene.User);
        Scene.Ok(await Scene.Admin.LockAsync(new LockRequest(node, "look into it", Seconds: 600)));
        Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(node)));
        Scene.Ok(await Scene.Admin.UnlockAsync(new UnlockRequest(node, "fine")));

        await Scene.DeniedAsync(Codes.UserRevoked, credential.Token);
    }

    [Fact]
    public async Task Max_calls_is_exact_and_delegation_does_not_multiply_it()
    {
        ScopeDto[] three = [new("flights.search", "call", "*", MaxCalls: 3)];
        var session = await Scene.OpenAsync(scopes: three);
        var child = Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, new DelegateSession(Scene.Shared, "help", three)));
        var (own, delegated) = (await Scene.IssueAsync(session.Id), await Scene.IssueAsync(child.Id));

        await Scene.AllowedAsync(own.Token);
        await Scene.AllowedAsync(delegated.Token);
        await Scene.AllowedAsync(own.Token);
        await Scene.DeniedAsync(Codes.QuotaExhausted, delegated.Token);
        await Scene.DeniedAsync(Codes.QuotaExhausted, own.Token);
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task What_happened_can_be_asked_for_by_user_agent_session_and_credential()
    {
        var session = await Scene.OpenAsync();
        var credential = await Scene.IssueAsync(session.Id);
        Scene.Refused(Codes.ScopeExceeded, await Scene.AsAgent.IssueCredentialsAsync(
            session.Id, new IssueCredentials(Scopes: [new ScopeDto("nuke", "*", "*")])));
        Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(new NodeDto("session", Scene.Tenant, session.Id), Reason: "leak")));

        var records = Scene.Ok(await Scene.Admin.QueryAuditAsync(new(Session: session.Id, OldestFirst: true))).Items;
        Assert.Equal(
            ["session.opened", "credentials.issued", "command.rejected", "session.revoked", "session.revoked"], records.Select(record => record.Kind));
        Assert.All(records, record => Assert.Equal((Scene.Tenant, Scene.User, Scene.Agent, "find a flight"), (record.Tenant, record.User, record.Agent, record.Purpose)));
        Assert.Contains(Scene.Ok(await Scene.Admin.QueryAuditAsync(new(Credential: credential.Id))).Items, record => record.Kind == "credentials.issued");
        Assert.NotEmpty(Scene.Ok(await Scene.Admin.QueryAuditAsync(new(User: Scene.User))).Items);
    }

    [Fact]
    public async Task A_dry_run_tells_the_blast_radius_and_revokes_nothing()
    {
        var session = await Scene.OpenAsync();
        Scene.Ok(await Scene.AsAgent.IssueCredentialsAsync(session.Id, new IssueCredentials(Count: 7)));
        var credential = await Scene.IssueAsync((await Scene.OpenAsync()).Id);
        var receipt = Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User), DryRun: true)));

        Assert.Equal((2L, 8L, 1L), (receipt.BlastRadius!.Sessions, receipt.BlastRadius.Credentials, receipt.BlastRadius.Agents));
        Assert.Equal(["flights.*", "mail"], receipt.BlastRadius.Tools);
        await Scene.AllowedAsync(credential.Token);
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task The_change_stream_resumes_at_a_cursor_without_a_gap()
    {
        var first = Scene.Ok(await Scene.Admin.PullChangesAsync(new()));
        var session = await Scene.OpenAsync();
        await Scene.IssueAsync(session.Id);
        var next = Scene.Ok(await Scene.Admin.PullChangesAsync(new(first.Next)));

        Assert.Equal(["session.opened", "credentials.issued"], next.Changes.Select(change => change.Kind));
        Scene.Refused(Codes.InvalidField, await Scene.Admin.PullChangesAsync(new("nonsense")));
    }

    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_subscriber_that_is_cut_off_between_two_changes_of_one_command_goes_on_with_the_second()
    {
        var all = Scene.Ok(await Scene.Admin.PullChangesAsync(new())).Changes;
        for (var i = 0; i < all.Count; i++)
        {
            var rest = Scene.Ok(await Scene.Admin.PullChangesAsync(new(all[i].Cursor))).Changes;
            Assert.Equal(all.Skip(i + 1).Select(change => (change.Kind, change.Cursor)), rest.Select(change => (change.Kind, change.Cursor)));
        }
    }

    [Fact]
    public async Task A_change_names_the_revision_that_its_command_was_answered_with()
    {
        var receipt = Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(new NodeDto("user", Scene.Tenant, Scene.User))));
        var change = Assert.Single(Scene.Ok(await Scene.Admin.PullChangesAsync(new())).Changes, change => change.Kind.StartsWith("user.generation", StringComparison.Ordinal));
        Assert.Equal(receipt.Revision, change.Revision);
    }

    [Fact]
    public async Task The_cursor_now_answers_where_to_go_on_and_no_change()
    {
        var now = Scene.Ok(await Scene.Admin.PullChangesAsync(new(ChangeQuery.Now)));
        Assert.Empty(now.Changes);
        await Scene.OpenAsync();
        Assert.Equal("session.opened", Assert.Single(Scene.Ok(await Scene.Admin.PullChangesAsync(new(now.Next))).Changes).Kind);
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task A_usage_report_is_counted_once_and_says_for_which_task()
    {
        var session = await Scene.OpenAsync();
        var report = new UsageReport("edge", [Scene.Usage(session, (await Scene.IssueAsync(session.Id)).Id, 5)], "r1");
        Scene.Ok(await Scene.Edge.ReportUsageAsync(report));
        Scene.Ok(await Scene.Edge.ReportUsageAsync(report));

        var line = Assert.Single(Scene.Ok(await Scene.Admin.QueryAuditAsync(new AuditQuery(Scene.Tenant, Kind: "usage"))).Items);
        Assert.Equal((5L, session.Purpose, Scene.Agent, Scene.User), (line.Count, line.Purpose, line.Agent, line.User));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Usage_of_a_foreign_token_is_filed_under_the_reporters_tenant_and_names_nobody()
    {
        var session = await Scene.OpenAsync();
        var line = Scene.Usage(session, (await Scene.IssueAsync(session.Id)).Id, 1);
        await Scene.AddTenantAsync("globex");
        var theirs = Scene.Engine.As(new Caller(Role.EnforcementPoint, "globex", "their-edge"));
        Scene.Ok(await theirs.ReportUsageAsync(new UsageReport("edge", [line])));

        Assert.Empty(Scene.Ok(await Scene.Operator.QueryAuditAsync(new AuditQuery(Scene.Tenant, Kind: "usage"))).Items);
        var filed = Assert.Single(Scene.Ok(await Scene.Operator.QueryAuditAsync(new AuditQuery("globex", Kind: "usage"))).Items);
        Assert.Equal(("foreign", null, null, null), (filed.Agent, filed.User, filed.Session, filed.Credential));
        var own = Scene.Engine.As(new Caller(Role.EnforcementPoint, Scene.Tenant, "own-edge"));
        Scene.Ok(await own.ReportUsageAsync(new UsageReport("edge", [line])));
        Assert.Single(Scene.Ok(await Scene.Operator.QueryAuditAsync(new AuditQuery(Scene.Tenant, Kind: "usage"))).Items);
    }

    [Fact]
    public async Task Lists_find_sessions_by_any_ancestor()
    {
        var session = await Scene.OpenAsync();
        var child = Scene.Ok(await Scene.AsAgent.DelegateSessionAsync(session.Id, new DelegateSession(Scene.Shared, "help", Scene.Narrow)));
        foreach (var node in new NodeDto[] { new("tenant", Scene.Tenant), new("user", Scene.Tenant, Scene.User), new("session", Scene.Tenant, session.Id) })
        {
            var page = Scene.Ok(await Scene.Admin.ListSessionsAsync(new SessionQuery(node)));
            Assert.Equal([session.Id, child.Id], page.Items.Select(item => item.Id).Order(StringComparer.Ordinal));
        }

        var ofAgent = Scene.Ok(await Scene.Admin.ListSessionsAsync(new SessionQuery(new NodeDto("agent", Scene.Tenant, Scene.Shared))));
        Assert.Equal(child.Id, Assert.Single(ofAgent.Items).Id);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_was_revoked_before_it_was_known_is_not_created_under_its_tombstone()
    {
        foreach (var kind in new[] { "user", "agent" })
        {
            Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(new NodeDto(kind, Scene.Tenant, "zoe"), Mode: "terminal")));
        }

        Scene.Refused(Codes.UserRevoked, await Scene.Operator.CreateUserAsync(Scene.Tenant, new("zoe")));
        Scene.Refused(Codes.AgentRevoked, await Scene.Operator.CreateAgentAsync(Scene.Tenant, new("zoe", "backend", Scene.Wide)));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task A_tenant_rotates_its_key_only_so_often()
    {
        for (var i = 1; i < Limits.SigningKeysMax; i++)
        {
            Scene.Ok(await Scene.Admin.RotateSigningKeyAsync(Scene.Tenant));
        }

        Scene.Refused(Codes.LimitReached, await Scene.Admin.RotateSigningKeyAsync(Scene.Tenant));
        await Scene.AllowedAsync((await Scene.IssueAsync((await Scene.OpenAsync()).Id)).Token);
    }

    [Fact]
    public async Task A_suspended_agent_cannot_give_itself_a_new_secret()
    {
        Scene.Ok(await Scene.Admin.SuspendAgentAsync(Scene.Tenant, Scene.Agent, new("the secret leaked")));
        Scene.Refused(Codes.AgentLocked, await Scene.AsAgent.RotateAgentSecretAsync(Scene.Tenant, Scene.Agent));
        Scene.Ok(await Scene.Admin.RotateAgentSecretAsync(Scene.Tenant, Scene.Agent));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task Nobody_speaks_for_a_tenant_that_is_revoked()
    {
        var key = Scene.Ok(await Scene.Operator.MakeApiKeyAsync(new("tenant_admin", "eve", Scene.Tenant))).Secret;
        var agent = Scene.Ok(await Scene.Operator.RotateAgentSecretAsync(Scene.Tenant, Scene.Agent)).Secret;
        Assert.Equal("tenant_admin:eve@acme", Scene.Ok(Scene.Engine.Authenticate(key)).Name);
        Assert.Equal(Scene.Agent, Scene.Ok(Scene.Engine.Authenticate(agent)).Subject);

        Scene.Ok(await Scene.Operator.RevokeAsync(new RevokeRequest(new NodeDto("tenant", Scene.Tenant), Mode: "terminal")));
        Scene.Refused(Codes.Unauthenticated, Scene.Engine.Authenticate(key));
        Scene.Refused(Codes.Unauthenticated, Scene.Engine.Authenticate(agent));
    }
}
