using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;
using Fabric.Core.Tests.Tokens;
using static Fabric.Core.Tests.Checks.CheckFixture;

namespace Fabric.Core.Tests.Checks;

public sealed class CheckDenialTests
{
    private readonly CheckFixture _fabric = new();

    [Fact]
    public void A_good_token_is_allowed_with_claims_and_revision()
    {
        var claims = _fabric.Claims();
        var token = _fabric.Issue(claims);
        _fabric.Index.AdvanceTo(17);

        foreach (var decision in new[] { _fabric.Check(token), _fabric.Check(token), _fabric.CheckUtf8(token) })
        {
            Assert.Equal((true, null, 17UL, 0L, false), (decision.Allowed, decision.Code, decision.Revision, decision.StalenessMs, decision.BestEffort));
            Assert.Equal(claims.CredentialId, decision.Claims!.CredentialId);
        }

        Assert.Equal(1, _fabric.Pipeline.CachedTokens);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("a.b.c")]
    public void What_is_no_token_is_malformed(string token) => _fabric.Denies(Codes.TokenMalformed, token);

    [Fact]
    public void A_token_that_was_cut_padded_or_is_too_long_is_malformed()
    {
        var token = _fabric.Issue();
        _fabric.Allows(token);

        _fabric.Denies(Codes.TokenMalformed, token[..^1]);
        _fabric.Denies(Codes.TokenMalformed, token[..^20]);
        _fabric.Denies(Codes.TokenMalformed, token + "=");
        _fabric.Denies(Codes.TokenMalformed, token[..token.LastIndexOf('.')]);
        _fabric.Denies(Codes.TokenMalformed, token[..40] + "\u0141" + token[41..]);
        _fabric.Denies(Codes.TokenMalformed, new string('a', 20_000));
    }

    [Fact]
    public void Another_algorithm_is_refused_even_with_the_public_key_as_its_secret()
    {
        var (header, payload) = TokenSamples.Open(Encoding.ASCII.GetBytes(_fabric.Issue()));
        var none = Encoding.ASCII.GetString(TokenSamples.Compose(header.Replace("ES256", "none", StringComparison.Ordinal), payload));
        _fabric.Denies(Codes.TokenAlgorithm, none);
        _fabric.Denies(Codes.TokenAlgorithm, none[..(none.LastIndexOf('.') + 1)]);

        var symmetric = Encoding.ASCII.GetString(TokenSamples.Compose(header.Replace("ES256", "HS256", StringComparison.Ordinal), payload));
        var input = symmetric[..symmetric.LastIndexOf('.')];
        var secret = KeyOf("acme").X.ToArray().Concat(KeyOf("acme").Y.ToArray()).ToArray();
        var mac = System.Buffers.Text.Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input)));
        _fabric.Denies(Codes.TokenAlgorithm, $"{input}.{mac}");
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public void A_token_that_another_key_signed_is_refused()
    {
        var (forger, _) = MakeKey("acme-1", "acme");
        _fabric.Denies(Codes.TokenSignature, forger.MakeToken(_fabric.Claims()).Value);

        // Another tenant's own key, under its own id and under this tenant's.
        _fabric.Denies(Codes.TokenSignature, _fabric.Issue(_fabric.Claims("acme"), by: "globex"));
        Assert.Equal("globex-1", KeyOf("globex").Kid);

        // A lineage that its own tenant's revocation would not reach.
        _fabric.Denies(Codes.TokenSignature, _fabric.Issue(_fabric.Claims("acme") with { Lineage = _fabric.Claims("globex").Lineage }));
    }

    [Fact]
    public void A_token_whose_parts_are_of_two_good_ones_is_refused()
    {
        var (one, other) = (_fabric.Issue().Split('.'), _fabric.Issue(_fabric.Claims("acme", Entry("other"))).Split('.'));
        _fabric.Allows(string.Join('.', one));
        _fabric.Denies(Codes.TokenSignature, $"{one[0]}.{other[1]}.{one[2]}");
        _fabric.Denies(Codes.TokenSignature, $"{one[0]}.{one[1]}.{other[2]}");
    }

    [Fact]
    public void A_key_that_is_not_known_is_named()
    {
        var (stranger, _) = MakeKey("acme-9", "acme");
        var decision = _fabric.Check(stranger.MakeToken(_fabric.Claims()).Value, out var need);
        Assert.Equal((false, Codes.TokenKeyUnknown, "acme-9"), (decision.Allowed, decision.Code, need.Kid));
        Assert.Null(decision.Claims);
        Assert.Empty(_fabric.Usage.Drain(10));
    }

    [Fact]
    public void A_token_is_good_until_five_seconds_after_its_end_and_from_five_before_its_start()
    {
        var token = _fabric.Issue();
        _fabric.Advance((10 * 60 * 1000) + CheckRules.SkewMs - 1);
        _fabric.Allows(token);
        _fabric.Allows(token);
        _fabric.Advance(1);
        _fabric.Denies(Codes.TokenExpired, token);
        Assert.Equal(0, _fabric.Pipeline.CachedTokens);
        _fabric.Denies(Codes.TokenExpired, token);

        var ahead = _fabric.Claims() with { IssuedAt = _fabric.Moment.Now + TimeSpan.FromMilliseconds(6_000), ExpiresAt = _fabric.Moment.Now + TimeSpan.FromHours(1) };
        _fabric.Denies(Codes.TokenNotYetValid, _fabric.Issue(ahead));
        _fabric.Advance(2_000);
        _fabric.Allows(_fabric.Issue(ahead));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public void A_guarded_tenant_and_an_audience_keep_other_tokens_out()
    {
        var (own, foreign) = (_fabric.Issue(), _fabric.Issue(_fabric.Claims("globex")));
        _fabric.Rules = new CheckRules(Tenant: "acme", Audience: "tools");
        _fabric.Allows(own);
        _fabric.Denies(Codes.TokenForeignTenant, foreign);
        _fabric.Denies(Codes.TokenAudience, _fabric.Issue(_fabric.Claims() with { Audience = "others" }));

        // A delegation from the guarded tenant to another: its node is in the lineage.
        var claims = _fabric.Claims("globex");
        _fabric.Allows(_fabric.Issue(claims with { Lineage = new Lineage([new(NodeKind.Tenant, HandleOf("acme"), 1), .. claims.Lineage.Nodes]) }));

        // The same token under other rules: what it passed before does not count.
        _fabric.Rules = new CheckRules(Tenant: "globex");
        _fabric.Denies(Codes.TokenForeignTenant, own);
        _fabric.Rules = new CheckRules(Audience: "others");
        _fabric.Denies(Codes.TokenAudience, own);
        _fabric.Rules = new CheckRules(Tenant: "nobody");
        _fabric.Denies(Codes.CheckNotReady, own);
        _fabric.GuardedTenant = HandleOf("acme");
        _fabric.Allows(own);
    }

    [Theory]
    [InlineData(NodeKind.Tenant, Codes.TenantRevoked, Codes.TenantLocked)]
    [InlineData(NodeKind.User, Codes.UserRevoked, Codes.UserLocked)]
    [InlineData(NodeKind.Agent, Codes.AgentRevoked, Codes.AgentLocked)]
    [InlineData(NodeKind.Session, Codes.SessionRevoked, Codes.SessionLocked)]
    [InlineData(NodeKind.Credential, Codes.CredentialRevoked, Codes.NodeLocked)]
    [Trait("Invariant", "R1")]
    public void A_node_of_the_lineage_that_is_locked_or_revoked_denies_at_once(NodeKind kind, string revoked, string locked)
    {
        var claims = _fabric.Claims();
        var (token, other) = (_fabric.Issue(claims), _fabric.Issue(_fabric.Claims("globex")));
        _fabric.Allows(token);
        _fabric.Allows(other);
        var node = claims.Lineage.Nodes.ToArray().Single(n => n.Kind == kind);

        _fabric.Apply(node, floor: 1, lockedUntil: Start + TimeSpan.FromSeconds(30));
        _fabric.Denies(locked, token);
        _fabric.Allows(other);
        _fabric.Advance(30_000);
        _fabric.Allows(token);

        _fabric.Apply(node, floor: 2);
        _fabric.Denies(revoked, token);
        _fabric.Denies(revoked, token);
        _fabric.Allows(other);
    }

    [Fact]
    [Trait("Invariant", "S3")]
    public void A_call_outside_of_scope_or_constraint_is_denied()
    {
        var token = _fabric.Issue(_fabric.Claims(
            "acme",
            Entry("airline", "read", "reservation/*", new ScopeConstraints(ReadOnly: true)),
            Entry("bank", "*", "*", new ScopeConstraints(Environment: "prod")),
            Entry("mail", "*", "*", new ScopeConstraints(NotAfter: Start + TimeSpan.FromSeconds(60)))));
        var mail = new ToolCall("mail", "send", "", ActionClass.Write);
        _fabric.Allows(token);
        _fabric.Denies(Codes.ScopeDenied, token, Reading with { Resource = "flight/1" });
        _fabric.Denies(Codes.ReadOnly, token, Reading with { Class = ActionClass.Write });
        _fabric.Denies(Codes.WrongEnvironment, token, Reading with { Tool = "bank" });
        _fabric.Allows(token, mail);
        _fabric.Advance(60_000);
        _fabric.Allows(token, mail);
        _fabric.Advance(1);
        _fabric.Denies(Codes.NotAfter, token, mail);
        _fabric.Rules = new CheckRules(Environment: "prod");
        _fabric.Allows(token, Reading with { Tool = "bank" });
    }

    [Fact]
    public void Every_denial_of_a_verified_token_is_counted_and_every_allow()
    {
        var token = _fabric.Issue(_fabric.Claims("acme", Entry("airline")));
        for (var i = 0; i < 3; i++)
        {
            _fabric.Check(token);
            _fabric.Check(token, Reading with { Tool = "bank" });
            _fabric.Advance(10);
        }

        var lines = _fabric.Usage.Drain(10).OrderBy(line => line.Tool, StringComparer.Ordinal).ToArray();
        Assert.Equal([("airline", null, 3L), ("bank", Codes.ScopeDenied, 3L)], lines.Select(line => (line.Tool, line.Code, line.Count)));
        Assert.All(lines, line => Assert.Equal((Start, Start + TimeSpan.FromMilliseconds(20)), (line.FirstAt, line.LastAt)));
        Assert.Equal(2, _fabric.Usage.Lines);
        _fabric.Usage.Release(2);
        Assert.Equal(0, _fabric.Usage.Lines);
    }

    [Fact]
    public void A_full_spool_denies_what_it_cannot_account_for()
    {
        var fabric = new CheckFixture(linesMax: 1);
        var token = fabric.Issue();
        fabric.Allows(token);
        fabric.Denies(Codes.AuditSpoolFull, token, Writing);
        fabric.Allows(token);
        Assert.Equal(4, Assert.Single(fabric.Usage.Drain(10)).Count);
        fabric.Denies(Codes.AuditSpoolFull, token);
        fabric.Usage.Release(1);
        fabric.Allows(token);
        Assert.Equal(4, fabric.Usage.UnrecordedDenials);
    }

    [Fact]
    public void A_removed_key_ends_what_it_signed_and_a_retired_one_does_from_its_moment()
    {
        var token = _fabric.Issue();
        _fabric.Allows(token);
        Assert.True(_fabric.Keys.Retire("acme-1", _fabric.Moment.Now + TimeSpan.FromSeconds(1)));
        _fabric.Allows(token);
        _fabric.Advance(1_001);
        Assert.False(_fabric.Check(token).Allowed);

        // A key that is known retires no later than was said; one that was forgotten comes back as it is.
        Assert.Null(_fabric.Keys.Add(KeyOf("acme")));
        _fabric.Denies(Codes.TokenSignature, token);
        Assert.True(_fabric.Keys.Remove("acme-1"));
        Assert.Null(_fabric.Keys.Add(KeyOf("acme")));
        _fabric.Allows(token);
        Assert.True(_fabric.Keys.Remove("acme-1"));
        _fabric.Denies(Codes.TokenKeyUnknown, token);
        Assert.Null(_fabric.Keys.Add(MakeKey("acme-1", "acme").Key));
        _fabric.Denies(Codes.TokenSignature, token);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public void A_revoked_key_ends_what_it_signed_seen_before_or_not()
    {
        var (seen, unseen) = (_fabric.Issue(), _fabric.Issue());
        _fabric.Allows(seen);
        Assert.Null(_fabric.Keys.Add(KeyOf("acme").Revoked()));
        _fabric.Denies(Codes.TokenKeyRevoked, seen);
        _fabric.Denies(Codes.TokenKeyRevoked, unseen);
    }

    [Fact]
    public void A_quota_that_is_used_up_or_not_held_here_denies()
    {
        var (calls, rate) = (new QuotaRef(new Handle(9, 1), 5, 0), new QuotaRef(new Handle(9, 2), 5, 60_000));
        var token = _fabric.Issue(_fabric.Claims("acme", Entry("a", quotas: calls), Entry("b", quotas: rate)));
        foreach (var (tool, quota, code) in new[] { ("a", calls, Codes.QuotaExhausted), ("b", rate, Codes.RateExceeded) })
        {
            var call = Reading with { Tool = tool };
            Assert.Equal(Codes.QuotaSliceNeeded, _fabric.Check(token, out var need, call).Code);
            Assert.Equal(quota, need.Quota);
            Assert.True(_fabric.Quotas.Add(quota, 2, quota.PeriodMs, 1, _fabric.Moment.MonotonicMs));
            _fabric.Allows(token, call);
            _fabric.Quotas.NoteExhausted(quota, _fabric.Moment.MonotonicMs, long.MaxValue);
            _fabric.Denies(code, token, call);
        }
    }
}
