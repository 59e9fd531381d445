using System.Text.Json;
using Fabric.Contracts.Common;
using Fabric.Contracts.Issuers;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Engine;

namespace Fabric.Conformance.Suite;

public abstract partial class EngineSuite
{
    private static readonly PutIssuer Ci = new(
        "workload", "https://ci.example", Algorithms: ["RS256"], Subjects: [new SubjectRuleDto("repo:acme/app:*", Scene.Agent)], Reusable: true);

    private static readonly PutIssuer Idp = new("users", "https://idp.example", Audiences: ["fabric"], CreateUsers: true);

    [Fact]
    public async Task A_tenant_trusts_issuers_until_it_does_not()
    {
        var put = Scene.Ok(await Scene.Admin.PutIssuerAsync(Scene.Tenant, "ci", Ci));
        Assert.Equal(("ci", "workload", "https://ci.example", "sub", true), (put.Id, put.Kind, put.Issuer, put.SubjectClaim, put.Reusable));
        Scene.Ok(await Scene.Admin.PutIssuerAsync(Scene.Tenant, "idp", Idp));
        Scene.Ok(await Scene.Admin.PutIssuerAsync(Scene.Tenant, "idp", Idp with { Audiences = ["fabric", "other"] }));
        Assert.Equal(["fabric", "other"], Scene.Ok(await Scene.Admin.GetIssuerAsync(Scene.Tenant, "idp")).Audiences);
        Assert.Equal(["ci", "idp"], Scene.Ok(Scene.Engine.IssuersOf(Scene.Tenant)).Select(issuer => issuer.Id));

        var first = Scene.Ok(await Scene.Admin.ListIssuersAsync(Scene.Tenant, new PageQuery(null, 1)));
        Assert.Equal("ci", Assert.Single(first.Items).Id);
        Assert.Equal("idp", Assert.Single(Scene.Ok(await Scene.Admin.ListIssuersAsync(Scene.Tenant, new PageQuery(first.Next, 1))).Items).Id);

        Assert.Equal("https://ci.example", Scene.Ok(await Scene.Admin.RemoveIssuerAsync(Scene.Tenant, "ci")).Issuer);
        Scene.Refused(Codes.NotFound, await Scene.Admin.RemoveIssuerAsync(Scene.Tenant, "ci"));
        Scene.Refused(Codes.NotFound, await Scene.Admin.GetIssuerAsync(Scene.Tenant, "ci"));
        Assert.Equal("idp", Assert.Single(Scene.Ok(Scene.Engine.IssuersOf(Scene.Tenant))).Id);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task Whom_a_tenant_trusts_is_its_administrators_to_say_and_no_other_tenants_to_know()
    {
        await Scene.AddTenantAsync("globex");
        var other = Scene.Engine.As(new Caller(Role.TenantAdmin, "globex", "gus"));
        Scene.Refused(Codes.NotFound, await other.PutIssuerAsync(Scene.Tenant, "ci", Ci));
        Scene.Refused(Codes.Forbidden, await Scene.AsAgent.PutIssuerAsync(Scene.Tenant, "ci", Ci));
        Scene.Ok(await Scene.Admin.PutIssuerAsync(Scene.Tenant, "ci", Ci));
        Scene.Refused(Codes.NotFound, await other.GetIssuerAsync(Scene.Tenant, "ci"));
        Scene.Refused(Codes.NotFound, await other.ListIssuersAsync(Scene.Tenant, new PageQuery(null, 10)));
        Scene.Refused(Codes.NotFound, await other.RemoveIssuerAsync(Scene.Tenant, "ci"));
        Scene.Refused(Codes.Forbidden, await Scene.AsAgent.RemoveIssuerAsync(Scene.Tenant, "ci"));
        Assert.Empty(Scene.Ok(Scene.Engine.IssuersOf("globex")));
        Assert.Single(Scene.Ok(Scene.Engine.IssuersOf(Scene.Tenant)));
        Assert.Empty(Scene.Ok(Scene.Engine.IssuersOf("nowhere")));
    }

    [Fact]
    public async Task An_issuer_that_proves_nothing_is_refused()
    {
        foreach (var bad in new[]
        {
            Ci with { Kind = "other" }, Ci with { Issuer = "ci.example" }, Ci with { Algorithms = ["HS256"] }, Ci with { Algorithms = ["none"] }, Ci with { Subjects = [new SubjectRuleDto("*", Scene.Agent)] },
            Ci with { Subjects = null }, Idp with { Audiences = null }, Ci with { Jwks = JsonElement.Parse("""{"keys":[{"kty":"oct","k":"AAAA"}]}""") },
            Ci with { Jwks = JsonElement.Parse("""{"keys":[{"kty":"EC","d":"AAAA"}]}""") }, Ci with { Jwks = JsonElement.Parse("[]") },
        })
        {
            Scene.Refused(Codes.InvalidField, await Scene.Admin.PutIssuerAsync(Scene.Tenant, "ci", bad));
        }
        Scene.Refused(Codes.NotFound, await Scene.Operator.PutIssuerAsync("nowhere", "ci", Ci));
        Assert.Empty(Scene.Ok(Scene.Engine.IssuersOf(Scene.Tenant)));
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public async Task Who_trusts_an_agents_issuer_cannot_approve_what_the_agent_asks_for()
    {
        Scene.Ok(await Scene.Admin.PutIssuerAsync(Scene.Tenant, "ci", Ci));
        Scene.Ok(await Scene.Admin.RemoveIssuerAsync(Scene.Tenant, "ci"));
        var session = Scene.Ok(await Scene.AsAgent.OpenSessionAsync(Scene.Tenant, new OpenSession(Scene.Agent, "book it", Scene.Wide, RequireApproval: true)));
        Scene.Refused(Codes.ApprovalBySelf, await Scene.Admin.ApproveSessionAsync(session.Id, new ApproveSession()));
    }

    [Fact]
    public async Task A_secret_at_an_issuer_where_users_sign_in_is_the_engines_alone_to_open()
    {
        var login = new PutIssuer("login", "https://login.example", ClientId: "fabric", ClientSecret: "a secret/of:ours".Replace(' ', '-'), Scopes: ["openid", "email"]);
        var put = Scene.Ok(await Scene.Admin.PutIssuerAsync(Scene.Tenant, "corp", login));
        Assert.Equal(("login", "fabric", true), (put.Kind, put.ClientId, put.HasClientSecret));
        Assert.Equal(["openid", "email"], put.Scopes);
        Assert.Equal(["fabric"], put.Audiences);
        var issuer = Assert.Single(Scene.Ok(Scene.Engine.IssuersOf(Scene.Tenant)));
        Assert.Equal("a-secret/of:ours", Scene.Ok(Scene.Engine.LoginSecretOf(Scene.Tenant, issuer)));

        // INVARIANT T1: what is moved to another tenant, id, issuer or client does not open.
        Scene.Refused(Codes.StorageUnavailable, Scene.Engine.LoginSecretOf("globex", issuer));
        foreach (var moved in new[] { issuer with { Id = "other" }, issuer with { Issuer = "https://evil.example" }, issuer with { Login = issuer.Login! with { ClientId = "other" } } })
        {
            Scene.Refused(Codes.StorageUnavailable, Scene.Engine.LoginSecretOf(Scene.Tenant, moved));
        }

        // In its place stands what is said now, also that there is no secret.
        Assert.False(Scene.Ok(await Scene.Admin.PutIssuerAsync(Scene.Tenant, "corp", login with { ClientSecret = null, Scopes = null })).HasClientSecret);
        issuer = Assert.Single(Scene.Ok(Scene.Engine.IssuersOf(Scene.Tenant)));
        Assert.Null(Scene.Ok(Scene.Engine.LoginSecretOf(Scene.Tenant, issuer)));
        Assert.Equal(["openid"], issuer.Login!.Scopes);

        // Set once more it is another one, although it has no secret: what was proven under the one before ends.
        Scene.Ok(await Scene.Admin.PutIssuerAsync(Scene.Tenant, "corp", login with { ClientSecret = null, Scopes = null }));
        Assert.NotEqual(issuer.Login.SealedSecret.ToArray(), Assert.Single(Scene.Ok(Scene.Engine.IssuersOf(Scene.Tenant))).Login!.SealedSecret.ToArray());

        foreach (var bad in new[]
        {
            login with { ClientId = null }, login with { ClientId = "a b" }, login with { ClientSecret = "" }, login with { ClientSecret = "a b" }, login with { ClientSecret = new string('a', 513) },
            login with { Scopes = ["email"] }, login with { Scopes = ["openid", "a b"] }, login with { Audiences = ["fabric"] }, login with { CreateUsers = true }, login with { Algorithms = ["HS256"] },
            login with { Subjects = Ci.Subjects }, login with { Reusable = true }, Idp with { ClientId = "fabric" }, Idp with { ClientSecret = "x" }, Idp with { Scopes = ["openid"] },
        })
        {
            Scene.Refused(Codes.InvalidField, await Scene.Admin.PutIssuerAsync(Scene.Tenant, "corp", bad));
        }
    }

    [Fact]
    public async Task A_tenant_that_is_revoked_trusts_nobody()
    {
        Scene.Ok(await Scene.Admin.PutIssuerAsync(Scene.Tenant, "ci", Ci));
        Scene.Ok(await Scene.Operator.RevokeAsync(new RevokeRequest(new NodeDto("tenant", Scene.Tenant, Scene.Tenant), Mode: "terminal", Reason: "over")));
        Assert.Empty(Scene.Ok(Scene.Engine.IssuersOf(Scene.Tenant)));
    }
}
