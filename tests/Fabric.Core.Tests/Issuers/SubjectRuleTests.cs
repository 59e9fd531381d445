using Fabric.Core.Common;
using Fabric.Core.Issuers;

namespace Fabric.Core.Tests.Issuers;

public sealed class SubjectRuleTests
{
    [Theory]
    [InlineData("repo:acme/app:environment:prod", "repo:acme/app:environment:prod")]
    [InlineData("repo:acme/app:ref:refs/heads/*", "repo:acme/app:ref:refs/heads/main")]
    [InlineData("system:serviceaccount:agents:*", "system:serviceaccount:agents:mailer")]
    [InlineData("spiffe://acme.example/agents/*", "spiffe://acme.example/agents/mailer")]
    public void A_subject_is_the_agents_where_it_is_the_same_or_ends_in_one_segment(string rule, string subject) =>
        Assert.True(new SubjectRule(rule, "bot").Matches(subject));

    [Theory]
    [InlineData("repo:acme/app:environment:prod", "repo:acme/app:environment:production")]
    [InlineData("repo:acme/app:environment:prod", "x:repo:acme/app:environment:prod")]
    [InlineData("repo:acme/app:environment:prod", "repo:Acme/app:environment:prod")]
    [InlineData("repo:acme/app:*", "repo:acme/app:ref:refs/heads/main")]
    [InlineData("repo:acme/app:*", "repo:acme/app:")]
    [InlineData("repo:acme/app:*", "repo:acme/app")]
    [InlineData("repo:acme/app:*", "repo:acme/app2:pull_request")]
    [InlineData("spiffe://acme.example/agents/*", "spiffe://acme.example/agents/a/b")]
    [InlineData("spiffe://acme.example/agents/*", "spiffe://acme.example/agents/")]
    [InlineData("spiffe://acme.example/agents/*", "spiffe://evil.example/spiffe://acme.example/agents/a")]
    public void No_other_subject_is(string rule, string subject) => Assert.False(new SubjectRule(rule, "bot").Matches(subject));

    [Theory]
    [InlineData("*")]
    [InlineData("repo*")]
    [InlineData("repo:*/app:x")]
    [InlineData("repo:acme/*:*")]
    [InlineData("repo:acme/**")]
    [InlineData("")]
    [InlineData("repo:\u202Eacme")]
    public void What_reaches_further_than_a_segment_is_no_rule(string rule) =>
        Assert.Equal(Codes.InvalidField, new SubjectRule(rule, "bot").Check()?.Code);
}
