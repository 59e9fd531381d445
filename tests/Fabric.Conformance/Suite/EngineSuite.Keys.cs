using Fabric.Contracts.Changes;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Trust;
using Fabric.Core.Common;

namespace Fabric.Conformance.Suite;

/// <content>Signing keys, and what either side hears.</content>
public abstract partial class EngineSuite
{
    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_a_revoked_signing_key_signed_is_denied_at_once_and_another_key_signs()
    {
        var session = await Scene.OpenAsync();
        var before = await Scene.IssueAsync(session.Id);
        await Scene.AllowedAsync(before.Token);
        var kid = Assert.Single(Scene.Ok(await Scene.Admin.GetSigningKeysAsync(Scene.Tenant)).Keys).Kid;
        var receipt = Scene.Ok(await Scene.Admin.RevokeSigningKeyAsync(Scene.Tenant, kid, new EndNode("it leaked", "confirmed")));

        Assert.Equal(("confirmed", true), (receipt.State, receipt.Durable));
        await Scene.DeniedAsync(Codes.TokenKeyRevoked, before.Token);
        await Scene.AllowedAsync((await Scene.IssueAsync(session.Id)).Token);
        Assert.NotEqual(kid, Assert.Single(Scene.Ok(await Scene.Admin.GetSigningKeysAsync(Scene.Tenant)).Keys).Kid);
        Assert.Equal(receipt.Revision, Scene.Ok(await Scene.Admin.RevokeSigningKeyAsync(Scene.Tenant, kid, new EndNode("again"))).Revision);
        Assert.Contains(Scene.Ok(await Scene.Admin.PullChangesAsync(new(null))).Changes, change => change.Kind == "key.revoked" && change.Revision == receipt.Revision);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task A_key_that_signs_no_more_is_revoked_without_a_new_one_and_keys_of_others_are_not()
    {
        var session = await Scene.OpenAsync();
        var before = await Scene.IssueAsync(session.Id);
        var old = Assert.Single(Scene.Ok(await Scene.Admin.GetSigningKeysAsync(Scene.Tenant)).Keys).Kid;
        Scene.Ok(await Scene.Admin.RotateSigningKeyAsync(Scene.Tenant));
        var after = await Scene.IssueAsync(session.Id);
        Scene.Ok(await Scene.Operator.RevokeSigningKeyAsync(Scene.Tenant, old, new EndNode("it leaked")));

        await Scene.DeniedAsync(Codes.TokenKeyRevoked, before.Token);
        await Scene.AllowedAsync(after.Token);
        Assert.Single(Scene.Ok(await Scene.Admin.GetSigningKeysAsync(Scene.Tenant)).Keys);

        await Scene.AddTenantAsync("globex");
        var theirs = Assert.Single(Scene.Ok(await Scene.Operator.GetSigningKeysAsync("globex")).Keys).Kid;
        Scene.Refused(Codes.NotFound, await Scene.Admin.RevokeSigningKeyAsync("globex", theirs, new EndNode("mine")));
        Scene.Refused(Codes.NotFound, await Scene.Admin.RevokeSigningKeyAsync(Scene.Tenant, theirs, new EndNode("mine")));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Either_side_of_a_trust_grant_hears_of_its_end()
    {
        await Scene.AddTenantAsync("globex");
        await Scene.AddTenantAsync("initech");
        var grant = Scene.Ok(await Scene.Admin.ProposeTrustAsync(Scene.Tenant, new ProposeTrust("globex", Scene.Wide, DateTimeOffset.UtcNow.AddDays(1))));
        var (theirs, others) = (Scene.Engine.As(new(Engine.Role.TenantAdmin, "globex", "gus")), Scene.Engine.As(new(Engine.Role.TenantAdmin, "initech", "ian")));
        Scene.Ok(await theirs.AcceptTrustAsync("globex", grant.Id));
        var node = new NodeDto("trust", Scene.Tenant, grant.Id);
        Scene.Ok(await Scene.Admin.LockAsync(new LockRequest(node, "a look", Seconds: 60)));
        Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(node, Mode: "terminal", Reason: "over")));

        var heard = Scene.Ok(await theirs.PullChangesAsync(new(null))).Changes.Where(change => change.Node.Kind == "trust").Select(change => change.Kind);
        Assert.Equal(["trust.proposed", "trust.accepted", "trust.locked", "trust.revoked"], heard);
        Assert.DoesNotContain(Scene.Ok(await others.PullChangesAsync(new(null))).Changes, change => change.Node.Kind == "trust");
        Assert.Equal("trust.revoked", Assert.Single(Scene.Ok(await theirs.PullChangesAsync(new ChangeQuery(null, Kinds: ["trust.revoked"]))).Changes).Kind);
    }
}
