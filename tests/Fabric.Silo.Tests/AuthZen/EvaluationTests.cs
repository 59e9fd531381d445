using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Silo.Tests.Engine;
using static Fabric.Silo.Tests.AuthZen.AccessPoint;

namespace Fabric.Silo.Tests.AuthZen;

/// <summary>AuthZEN 1.0 sections 6 and 7: what is decided, over the wire.</summary>
public sealed class EvaluationTests(EngineServer server) : IClassFixture<EngineServer>
{
    private readonly AccessPoint _point = new(server);

    [Fact]
    public async Task A_call_within_the_scope_is_permitted_and_the_answer_says_who_acts()
    {
        var office = await Office.OpenAsync(server);
        var answer = await _point.AskAsync("evaluation", Question(Subject("credential", office.Token), "billing:read", "invoices/12"));
        Assert.True((bool)answer["decision"]!);
        var context = answer["context"]!;
        Assert.Null(context["reason"]);
        Assert.Equal((office.Tenant, office.Agent, office.User), ((string)context["tenant"]!, (string)context["agent"]!, (string)context["user"]!));
        Assert.Equal((office.Session.Id, office.Credential.Id, 0), ((string)context["session"]!, (string)context["credential"]!, (int)context["staleness_ms"]!));
        Assert.True((ulong)context["revision"]! > 0);
    }

    [Theory]
    [InlineData("billing:read", "orders/12", "read", Codes.ScopeDenied)]
    [InlineData("billing:write", "invoices/12", "read", Codes.ScopeDenied)]
    [InlineData("Billing:read", "invoices/12", "read", Codes.ScopeDenied)]
    [InlineData("billing:get", "invoices/7", "write", Codes.ReadOnly)]
    [InlineData("billing:get", "invoices/7", null, Codes.ReadOnly)]
    [InlineData("files:put", "shared/x", "read", Codes.WrongEnvironment)]
    [InlineData("billing:read", "invoices/12", "harmless", Codes.InvalidField)]
    [InlineData("read", "invoices/12", "read", Codes.InvalidField)]
    [InlineData(":read", "invoices/12", "read", Codes.InvalidField)]
    [InlineData("billing:", "invoices/12", "read", Codes.InvalidField)]
    [InlineData("billing:read", "/12", "read", Codes.InvalidField)]
    public async Task What_is_not_within_the_scope_is_denied_with_its_code(string action, string resource, string? @class, string code)
    {
        var office = await Office.OpenAsync(server);
        Assert.Equal((false, code), await _point.EvaluateAsync(Question(Subject("credential", office.Token), action, resource, @class)));
    }

    [Fact]
    public async Task Tool_class_and_environment_may_be_named_apart()
    {
        var office = await Office.OpenAsync(server);
        var question = JsonNode.Parse($$$"""
            {"subject":{"type":"credential","id":"{{{office.Token}}}"},"action":{"name":"put","properties":{"tool":"files","class":"write"}},
             "resource":{"type":"resource","id":"shared/a/b"},"context":{"environment":"prod","time":"1985-10-26T01:22-07:00"},"future":{"nested":[1]}}
            """)!;
        Assert.Equal((true, null), await _point.EvaluateAsync(question));
        question["context"]!["class"] = "read";
        Assert.Equal((false, Codes.InvalidField), await _point.EvaluateAsync(question));
        question["context"]!["class"] = 1;
        Assert.Equal((false, Codes.InvalidField), await _point.EvaluateAsync(question));
        question["context"]!["class"] = "write";
        question["context"]!["audience"] = "another";
        Assert.Equal((false, Codes.TokenAudience), await _point.EvaluateAsync(question));
        question["context"]!["audience"] = null;
        question["context"]!["min_revision"] = ulong.MaxValue;
        Assert.Equal((false, Codes.CheckBehindRevision), await _point.EvaluateAsync(question));
    }

    [Fact]
    public async Task A_type_with_a_slash_cannot_name_the_resources_of_another()
    {
        var office = await Office.OpenAsync(server, "clerk", new ScopeDto("t", "a", "a/b/c"));
        foreach (var (type, id, holds) in new[] { ("a", "b/c", true), ("a/b", "c", false), ("resource", "a/b/c", true), ("", "a/b/c", false), ("a", "b/c/", false) })
        {
            var question = Question(Subject("credential", office.Token), "t:a", "x/y");
            question["resource"] = new JsonObject { ["type"] = type, ["id"] = id };
            Assert.Equal(holds, (await _point.EvaluateAsync(question)).Decision);
        }
    }

    [Fact]
    public async Task A_named_subject_is_permitted_by_its_own_token_only()
    {
        var (own, other) = (await Office.OpenAsync(server), await Office.OpenAsync(server, "other"));
        foreach (var (type, id) in new[] { ("agent", own.Agent), ("user", own.User), ("session", own.Session.Id), ("credential", own.Credential.Id) })
        {
            Assert.Equal((true, null), await _point.EvaluateAsync(Question(Subject(type, id, own.Token), "billing:read", "invoices/1")));
            Assert.Equal((false, Codes.SubjectMismatch), await _point.EvaluateAsync(Question(Subject(type, id + "x", own.Token), "billing:read", "invoices/1")));
        }
        Assert.Equal((false, Codes.SubjectMismatch), await _point.EvaluateAsync(Question(Subject("agent", own.Agent, other.Token), "billing:read", "invoices/1")));
        Assert.Equal((false, Codes.SubjectMismatch), await _point.EvaluateAsync(Question(Subject("session", own.Session.Id, other.Token), "billing:read", "invoices/1")));
        Assert.Equal((false, Codes.SubjectMismatch), await _point.EvaluateAsync(Question(Subject("credential", other.Token, own.Token), "billing:read", "invoices/1")));
    }

    [Fact]
    public async Task A_denial_for_want_of_the_right_subject_costs_the_token_nothing()
    {
        var office = await Office.OpenAsync(server);
        Assert.False((await _point.EvaluateAsync(Question(Subject("agent", "boss", office.Token), "billing:pay", "invoices/7"))).Decision);
        Assert.Equal((true, null), await _point.EvaluateAsync(Question(Subject("agent", office.Agent, office.Token), "billing:pay", "invoices/7")));
        Assert.Equal((false, Codes.QuotaExhausted), await _point.EvaluateAsync(Question(Subject("agent", office.Agent, office.Token), "billing:pay", "invoices/7")));
    }

    [Theory]
    [InlineData("user", "jane", Codes.SubjectUnproven)]
    [InlineData("agent", "clerk", Codes.SubjectUnproven)]
    [InlineData("session", "0123", Codes.SubjectUnproven)]
    [InlineData("credential", "0123", Codes.TokenMalformed)]
    [InlineData("credential", "", Codes.TokenMalformed)]
    [InlineData("group", "admins", Codes.InvalidField)]
    [InlineData("Credential", "x", Codes.InvalidField)]
    public async Task A_name_alone_permits_nothing(string type, string id, string code)
    {
        await Office.OpenAsync(server);
        Assert.Equal((false, code), await _point.EvaluateAsync(Question(Subject(type, id), "billing:read", "invoices/1")));
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_was_revoked_is_denied_at_once_whoever_is_named()
    {
        var office = await Office.OpenAsync(server);
        var questions = new[] { Subject("credential", office.Token), Subject("agent", office.Agent, office.Token), Subject("user", office.User, office.Token) }
            .Select(subject => Question(subject, "billing:read", "invoices/1")).ToList();
        foreach (var question in questions)
        {
            Assert.True((await _point.EvaluateAsync(question)).Decision);
        }
        await server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("session", office.Tenant, office.Session.Id), Reason: "test")).OrThrow();
        foreach (var question in questions)
        {
            Assert.Equal((false, Codes.SessionRevoked), await _point.EvaluateAsync(question));
        }
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_guard_of_one_tenant_permits_no_token_of_another_and_learns_nothing_of_it()
    {
        var (own, other) = (await Office.OpenAsync(server), await Office.OpenAsync(server));
        var secret = (await server.Operator.MakeApiKeyAsync(new Contracts.Keys.MakeApiKey("enforcement_point", "guard", own.Tenant)).OrThrow()).Secret;
        var guard = new AccessPoint(server, secret);
        Assert.True((await guard.EvaluateAsync(Question(Subject("agent", own.Agent, own.Token), "billing:read", "invoices/1"))).Decision);
        foreach (var subject in new[] { Subject("credential", other.Token), Subject("agent", other.Agent, other.Token), Subject("agent", "x", other.Token) })
        {
            var answer = await guard.AskAsync("evaluation", Question(subject, "billing:read", "invoices/1"));
            Assert.Equal((false, Codes.TokenForeignTenant), ((bool)answer["decision"]!, (string?)answer["context"]!["reason"]));
            Assert.Null(answer["context"]!["agent"] ?? answer["context"]!["tenant"] ?? answer["context"]!["session"]);
        }
        var claimed = Subject("agent", other.Agent, other.Token);
        claimed["properties"]!["tenant"] = other.Tenant;
        Assert.Equal((false, Codes.TokenForeignTenant), await guard.EvaluateAsync(Question(claimed, "billing:read", "invoices/1")));
    }

    [Fact]
    public async Task Several_questions_take_what_they_leave_out_from_the_defaults_and_are_answered_in_order()
    {
        var office = await Office.OpenAsync(server);
        var many = Question(Subject("credential", office.Token), "billing:read", "invoices/1");
        many["evaluations"] = new JsonArray(
            new JsonObject(), new JsonObject { ["resource"] = new JsonObject { ["type"] = "orders", ["id"] = "1" } },
            new JsonObject { ["action"] = new JsonObject { ["name"] = "billing:get" }, ["resource"] = new JsonObject { ["type"] = "invoices", ["id"] = "7" } },
            new JsonObject { ["context"] = new JsonObject() }, new JsonObject { ["resource"] = new JsonObject { ["type"] = "invoices" } },
            new JsonObject { ["subject"] = Subject("credential", "nobody") }, null);
        var answers = (await _point.AskAsync("evaluations", many))["evaluations"]!.AsArray();
        Assert.Equal([true, false, true, true, false, false, true], answers.Select(each => (bool)each!["decision"]!));
        Assert.Equal(400, (int)answers[4]!["context"]!["error"]!["status"]!);
        Assert.Equal(Codes.TokenMalformed, (string)answers[5]!["context"]!["reason"]!);
    }

    [Theory]
    [InlineData(null, "TFTFT")]
    [InlineData("execute_all", "TFTFT")]
    [InlineData("deny_on_first_deny", "TF")]
    [InlineData("permit_on_first_permit", "T")]
    public async Task The_three_semantics_stop_where_they_say(string? semantic, string said)
    {
        var office = await Office.OpenAsync(server);
        var many = Question(Subject("credential", office.Token), "billing:read", "invoices/1");
        many["options"] = semantic is null ? new JsonObject { ["another"] = 1 } : new JsonObject { ["evaluations_semantic"] = semantic };
        many["evaluations"] = new JsonArray([.. "TFTFT".Select(c => new JsonObject
        {
            ["resource"] = new JsonObject { ["type"] = c == 'T' ? "invoices" : "orders", ["id"] = "1" },
        })]);
        var answers = (await _point.AskAsync("evaluations", many))["evaluations"]!.AsArray();
        Assert.Equal(said, string.Concat(answers.Select(each => (bool)each!["decision"]! ? 'T' : 'F')));
    }

    [Fact]
    public async Task Without_questions_listed_it_is_one_question()
    {
        var office = await Office.OpenAsync(server);
        var one = Question(Subject("credential", office.Token), "billing:read", "invoices/1");
        foreach (var list in new JsonArray?[] { null, [] })
        {
            one["evaluations"] = list;
            var answer = await _point.AskAsync("evaluations", one);
            Assert.True((bool)answer["decision"]!);
            Assert.Null(answer["evaluations"]);
        }
    }
}
