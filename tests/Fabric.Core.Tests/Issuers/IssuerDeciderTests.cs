using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Issuers;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Tenants;

namespace Fabric.Core.Tests.Issuers;

public sealed class IssuerDeciderTests
{
    private static readonly TrustedIssuer Users = new(
        "idp", IssuerKind.Users, "https://idp.example", null, null, ["fabric"], ["ES256"], "sub", [], CreateUsers: true, Reusable: false);

    private static readonly TrustedIssuer Workload = Users with
    {
        Id = "ci",
        Kind = IssuerKind.Workload,
        Audiences = [],
        Subjects = [new SubjectRule("repo:acme/app:*", "bot")],
        CreateUsers = false,
    };

    private static readonly TrustedIssuer Spiffe = Workload with
    {
        Id = "mesh",
        Kind = IssuerKind.Spiffe,
        Issuer = "spiffe://acme.example",
        JwksUri = "https://spire.acme.example/keys",
        Subjects = [new SubjectRule("spiffe://acme.example/bot", "bot")],
    };

    private static readonly TrustedIssuer Login = Users with
    {
        Id = "corp",
        Kind = IssuerKind.Login,
        CreateUsers = false,
        Login = new LoginClient("fabric", new byte[] { 1, 2, 3 }, ["openid", "email"]),
    };

    private readonly TenantState _tenant = new() { Id = "acme", Handle = new Handle(1, 2) };

    public static TheoryData<TrustedIssuer, string> Bad => new()
    {
        { Users with { Id = "a b" }, "id" },
        { Users with { Kind = IssuerKind.None }, "kind" },
        { Users with { Kind = (IssuerKind)9 }, "kind" },
        { Users with { Issuer = "idp" }, "issuer" },
        { Users with { Issuer = "ftp://idp.example" }, "issuer" },
        { Users with { Issuer = "https://user@idp.example" }, "issuer" },
        { Users with { Issuer = "https://idp.example?tenant=x" }, "issuer" },
        { Users with { Issuer = "https://idp.example#x" }, "issuer" },
        { Users with { Issuer = "https://idp.example/ x" }, "issuer" },
        { Users with { Issuer = "https://idp.example/" + new string('x', 512) }, "issuer" },
        { Users with { JwksUri = "https://idp.example/keys", Jwks = "{}" }, "jwks" },
        { Users with { JwksUri = "file:///keys" }, "jwksUri" },
        { Users with { Jwks = new string(' ', 16 * 1024 + 1) }, "jwksUri" },
        { Users with { Algorithms = [] }, "algorithms" },
        { Users with { Algorithms = ["none"] }, "algorithms" },
        { Users with { Algorithms = ["ES256", "HS256"] }, "algorithms" },
        { Users with { Algorithms = ["es256"] }, "algorithms" },
        { Users with { Audiences = [] }, "audiences" },
        { Users with { Audiences = [""] }, "audiences" },
        { Users with { Audiences = [.. Enumerable.Range(0, 9).Select(i => $"a{i}")] }, "audiences" },
        { Users with { SubjectClaim = "" }, "subjectClaim" },
        { Users with { SubjectClaim = "a\"b" }, "subjectClaim" },
        { Users with { Subjects = Workload.Subjects }, "subjects" },
        { Users with { Login = Login.Login }, "clientId" },
        { Login with { Login = null }, "clientId" },
        { Login with { Login = Login.Login! with { ClientId = "" } }, "clientId" },
        { Login with { Login = Login.Login! with { SealedSecret = new byte[1_025] } }, "clientId" },
        { Login with { Login = Login.Login! with { Scopes = ["email"] } }, "scopes" },
        { Login with { Login = Login.Login! with { Scopes = [.. Enumerable.Repeat("openid", 17)] } }, "scopes" },
        { Login with { Audiences = ["fabric", "other"] }, "audiences" },
        { Login with { Audiences = ["other"] }, "audiences" },
        { Login with { CreateUsers = true }, "createUsers" },
        { Users with { Reusable = true }, "createUsers" },
        { Workload with { CreateUsers = true }, "createUsers" },
        { Workload with { Subjects = [] }, "subjects" },
        { Workload with { Subjects = [new SubjectRule("*", "bot")] }, "subjects" },
        { Workload with { Subjects = [new SubjectRule("a", "no id")] }, "subjects" },
        { Workload with { Subjects = [.. Enumerable.Range(0, 65).Select(i => new SubjectRule($"s{i}", "bot"))] }, "subjects" },
        { Spiffe with { JwksUri = null }, "jwksUri" },
        { Spiffe with { Issuer = "https://acme.example" }, "issuer" },
        { Spiffe with { Issuer = "spiffe://" }, "issuer" },
        { Spiffe with { Issuer = "spiffe://Acme.example" }, "issuer" },
        { Spiffe with { Issuer = "spiffe://acme.example/path" }, "issuer" },
        { Spiffe with { SubjectClaim = "name" }, "subjects" },
        { Spiffe with { Subjects = [new SubjectRule("spiffe://acme.example.evil/bot", "bot")] }, "subjects" },
    };

    [Fact]
    public void A_tenant_trusts_issuers_of_each_kind()
    {
        foreach (var issuer in new[] { Users, Workload, Spiffe, Login, Users with { Id = "sets", Kind = IssuerKind.Signals, CreateUsers = false } })
        {
            _tenant.Apply(IssuerDecider.Trust(_tenant, issuer).Value);
        }
        Assert.Equal(["ci", "corp", "idp", "mesh", "sets"], _tenant.Issuers.Select(issuer => issuer.Id));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_could_be_read_in_two_ways_or_proves_nothing_is_refused(TrustedIssuer issuer, string field)
    {
        var refused = IssuerDecider.Trust(_tenant, issuer).Rejection;
        Assert.Equal((Codes.InvalidField, field), (refused?.Code, refused?.Subject));
    }

    [Fact]
    public void The_same_id_replaces_and_the_same_issuer_is_trusted_once_for_one_thing()
    {
        _tenant.Apply(IssuerDecider.Trust(_tenant, Users).Value);
        _tenant.Apply(IssuerDecider.Trust(_tenant, Users with { Audiences = ["other"] }).Value);
        Assert.Equal("other", Assert.Single(_tenant.Issuers).Audiences[0]);
        Assert.Equal(Codes.AlreadyExists, IssuerDecider.Trust(_tenant, Users with { Id = "again" }).Rejection?.Code);
        Assert.True(IssuerDecider.Trust(_tenant, Workload).IsOk);

        _tenant.Apply(IssuerDecider.Distrust(_tenant, "idp").Value);
        Assert.Empty(_tenant.Issuers);
        Assert.Equal(Codes.NotFound, IssuerDecider.Distrust(_tenant, "idp").Rejection?.Code);
        Assert.True(IssuerDecider.Trust(_tenant, Users with { Id = "again" }).IsOk);
    }

    [Fact]
    public void There_are_so_many_issuers_and_none_of_a_tenant_that_is_revoked()
    {
        for (var i = 0; i < IssuerDecider.IssuersMax; i++)
        {
            _tenant.Apply(IssuerDecider.Trust(_tenant, Users with { Id = $"i{i}", Issuer = $"https://i{i}.example" }).Value);
        }
        Assert.Equal(Codes.LimitReached, IssuerDecider.Trust(_tenant, Workload).Rejection?.Code);
        Assert.True(IssuerDecider.Trust(_tenant, Users with { Id = "i3", Issuer = "https://other.example" }).IsOk);

        _tenant.Standing.Apply(new NodeRevoked(new NodeRef(NodeKind.Tenant, "acme", "acme"), _tenant.Handle, IndexRecord.Terminal, Instant.Never, "over", "it is", 1));
        Assert.Equal(Codes.TenantRevoked, IssuerDecider.Trust(_tenant, Users with { Id = "i3" }).Rejection?.Code);
        Assert.True(IssuerDecider.Distrust(_tenant, "i3").IsOk);
    }

    // Changing this changes what journals mean: it needs a new event number or format, and a decision record.
    [Fact]
    [Trait("Invariant", "D1")]
    public void An_issuer_where_users_sign_in_is_written_with_its_client_and_read_back()
    {
        var writer = new RecordWriter();
        EventCodec.Write(new IssuerTrusted("acme", Login with { Audiences = ["fabric"] }), writer);
        Assert.Equal(
            "2a0561636d6505636f7270051468747470733a2f2f6964702e6578616d706c6500000107666162726963010645533235360473756200000007666162726963030102030207"
            + "6f70656e696406656d61696c",
            Convert.ToHexStringLower(writer.Written));
        var reader = new RecordReader(writer.Written);
        var read = Assert.IsType<IssuerTrusted>(EventCodec.Read(ref reader)).Issuer;
        Assert.True(reader.AtEnd);
        Assert.Equal(("fabric", "openid email", 3), (read.Login!.ClientId, string.Join(' ', read.Login.Scopes), read.Login.SealedSecret.Length));
    }

    [Fact]
    [Trait("Invariant", "S1")]
    public void Who_trusts_an_issuer_counts_as_the_agents_that_it_may_name()
    {
        var makers = new SecretMakers();
        makers.Note(new IssuerTrusted("acme", Workload), "tenant_admin:ada@acme");
        Assert.True(makers.AreOne("agent:bot@acme", "approver:ada@acme"));
        Assert.False(makers.AreOne("agent:other@acme", "approver:ada@acme"));
    }

    [Fact]
    public void The_first_rule_that_fits_names_the_agent_unless_one_was_asked_for()
    {
        var issuer = Workload with { Subjects = [new SubjectRule("a:*", "one"), new SubjectRule("a:b", "two")] };
        Assert.Equal(("one", "two", null, null), (issuer.AgentOf("a:b", null), issuer.AgentOf("a:b", "two"), issuer.AgentOf("a:c", "two"), issuer.AgentOf("b", null)));
    }
}
