using Fabric.Contracts;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Keys;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Conformance.Suite;

/// <content>Who may not do what, though its role could.</content>
public abstract partial class EngineSuite
{
    [Fact]
    [Trait("Invariant", "R5")]
    public async Task Only_an_operator_grants_a_key_a_longer_read_bound()
    {
        var asked = new MakeApiKey("enforcement_point", "gw", Scene.Tenant, BestEffortSeconds: 60);
        Scene.Refused(Codes.Forbidden, await Scene.Admin.MakeApiKeyAsync(asked));
        Scene.Refused(Codes.InvalidField, await Scene.Operator.MakeApiKeyAsync(asked with { Role = "auditor" }));
        Scene.Refused(Codes.InvalidField, await Scene.Operator.MakeApiKeyAsync(asked with { BestEffortSeconds = 3_601 }));

        var granted = Scene.Ok(await Scene.Operator.MakeApiKeyAsync(asked));
        Assert.Equal(60, granted.Key.BestEffortSeconds);
        Assert.Equal(TimeSpan.FromSeconds(60), Scene.Ok(Scene.Engine.Authenticate(granted.Secret)).BestEffort);
        var plain = Scene.Ok(await Scene.Admin.MakeApiKeyAsync(asked with { BestEffortSeconds = null }));
        Assert.Equal(TimeSpan.Zero, Scene.Ok(Scene.Engine.Authenticate(plain.Secret)).BestEffort);
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task Nobody_approves_by_a_key_that_the_requester_made_or_that_made_the_requesters()
    {
        var (made, sibling) = (await MadeAsync(Scene.Admin, "tenant_admin", "bob"), await MadeAsync(Scene.Admin, "approver", "eve"));
        var grandchild = await MadeAsync(made, "approver", "kim");
        var independent = await MadeAsync(Scene.Operator, "approver", "omar");
        foreach (var (requester, approver) in new[] { (Scene.Admin, sibling), (Scene.Admin, grandchild), (made, Scene.Admin), (made, sibling), (made, grandchild) })
        {
            var opened = Scene.Ok(await requester.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, RequireApproval: true)));
            Scene.Refused(Codes.ApprovalBySelf, await approver.ApproveSessionAsync(opened.Id, new ApproveSession()));
            Scene.Ok(await independent.ApproveSessionAsync(opened.Id, new ApproveSession()));
        }
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task Nobody_approves_what_an_agent_asks_for_whose_secret_he_made()
    {
        var secret = Scene.Ok(await Scene.Admin.CreateAgentAsync(Scene.Tenant, new CreateAgent("own", "backend", Scene.Wide, RequireApproval: true))).Secret;
        var agent = Scene.Engine.As(Scene.Ok(Scene.Engine.Authenticate(secret)));
        var opened = Scene.Ok(await agent.OpenSessionAsync(Scene.Tenant, new OpenSession("own", "do it", Scene.Narrow)));
        Scene.Refused(Codes.ApprovalBySelf, await Scene.Admin.ApproveSessionAsync(opened.Id, new ApproveSession()));
        Scene.Ok(await Scene.Approver.ApproveSessionAsync(opened.Id, new ApproveSession()));
    }

    [Theory]
    [InlineData("agent", Scene.Agent)]
    [InlineData("user", Scene.User)]
    public async Task A_lock_of_an_operator_is_lifted_and_changed_by_operators_alone(string kind, string id)
    {
        var node = new NodeDto(kind, Scene.Tenant, id);
        Scene.Ok(await Scene.Admin.LockAsync(new LockRequest(node, "a first look", Seconds: 60)));
        Scene.Ok(await Scene.Operator.LockAsync(new LockRequest(node, "an incident", Seconds: 3_600)));

        Scene.Refused(Codes.LockByOperator, await Scene.Admin.UnlockAsync(new UnlockRequest(node, "fine")));
        Scene.Refused(Codes.LockByOperator, await Scene.Admin.LockAsync(new LockRequest(node, "for a second", Seconds: 1)));
        if (kind == "agent")
        {
            Scene.Refused(Codes.LockByOperator, await Scene.Admin.ResumeAgentAsync(Scene.Tenant, id));
        }

        Scene.Ok(await Scene.Operator.UnlockAsync(new UnlockRequest(node, "it is over")));
        Scene.Ok(await Scene.Admin.LockAsync(new LockRequest(node, "our own", Seconds: 60)));
        Scene.Ok(await Scene.Admin.UnlockAsync(new UnlockRequest(node, "fine")));
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task No_two_callers_have_one_name()
    {
        await Scene.AddTenantAsync("b@c");
        Caller[] callers =
        [
            new(Role.Auditor, null, "a@b@c"), new(Role.Auditor, null, "a@acme"), new(Role.Auditor, Scene.Tenant, "a"), new(Role.Auditor, "b@c", "a"),
            new(Role.Auditor, "c", "a@b"),
        ];
        Assert.Equal(callers.Length, callers.Select(caller => caller.Name).Distinct().Count());

        // One who is not of the tenant has another name in the records, whatever it calls itself.
        var stranger = await MadeAsync(Scene.Operator, "operator", "ada@acme");
        var opened = Scene.Ok(await Scene.Admin.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, RequireApproval: true)));
        Assert.Equal("operator:ada%40acme", Scene.Ok(await stranger.ApproveSessionAsync(opened.Id, new ApproveSession())).ApprovedBy);
        Assert.Equal("tenant_admin:ada@acme", opened.RequestedBy);
    }

    private async Task<IFabric> MadeAsync(IFabric maker, string role, string subject) => Scene.Engine.As(Scene.Ok(Scene.Engine.Authenticate(
        Scene.Ok(await maker.MakeApiKeyAsync(new MakeApiKey(role, subject, role == "operator" ? null : Scene.Tenant))).Secret)));
}
