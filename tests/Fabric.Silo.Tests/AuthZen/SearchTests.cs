using System.Net;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Agents;
using Fabric.Contracts.Common;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Sessions;
using Fabric.Core.Common;
using Fabric.Silo.Tests.Engine;
using static Fabric.Silo.Tests.AuthZen.AccessPoint;

namespace Fabric.Silo.Tests.AuthZen;

/// <summary>AuthZEN 1.0 section 8: searches tell no more and no less than evaluations would permit, and say so where they cannot.</summary>
public sealed class SearchTests(EngineServer server) : IClassFixture<EngineServer>
{
    private readonly AccessPoint _point = new(server);

    [Fact]
    public async Task Actions_are_those_that_an_evaluation_permits()
    {
        var office = await Office.OpenAsync(server);
        var search = Question(Subject("credential", office.Token), "unused:unused", "invoices/7");
        search.Remove("action");
        Assert.Equal(["billing:read", "billing:pay", "billing:get"], await _point.SearchAsync("action", search, "name"));
        search["context"]!["class"] = "write";
        var writes = await _point.SearchAsync("action", search, "name");
        Assert.Equal(["billing:read", "billing:pay"], writes);
        foreach (var name in writes)
        {
            Assert.True((await _point.EvaluateAsync(Question(Subject("credential", office.Token), name, "invoices/7", "write"))).Decision, name);
        }
    }

    [Fact]
    public async Task A_search_draws_no_quota()
    {
        var office = await Office.OpenAsync(server);
        var search = Question(Subject("credential", office.Token), "unused:unused", "invoices/7");
        for (var round = 0; round < 3; round++)
        {
            Assert.Contains("billing:pay", await _point.SearchAsync("action", search, "name"));
        }
        Assert.True((await _point.EvaluateAsync(Question(Subject("credential", office.Token), "billing:pay", "invoices/7"))).Decision);
    }

    [Fact]
    public async Task Resources_are_those_that_the_scope_spells_out_and_patterns_tell_the_rest()
    {
        var office = await Office.OpenAsync(
            server, "clerk", new ScopeDto("t", "a", "doc/1"), new ScopeDto("t", "*", "doc/2"), new ScopeDto("t", "a", "doc/3/*"), new ScopeDto("t", "b", "doc/4"),
            new ScopeDto("*", "a", "file/1"), new ScopeDto("t", "a", "d*"), new ScopeDto("t", "a", "file/*"), new ScopeDto("t", "a", "doc/\\*"));
        var answer = await _point.AskAsync("search/resource", Question(Subject("credential", office.Token), "t:a", "doc/ignored"));
        Assert.Equal(["1", "2", "*"], answer["results"]!.AsArray().Select(each => (string)each!["id"]!));
        Assert.All(answer["results"]!.AsArray(), each => Assert.Equal("doc", (string)each!["type"]!));
        Assert.False((bool)answer["context"]!["complete"]!);
        Assert.Equal(["doc/3/*", "d*"], answer["context"]!["patterns"]!.AsArray().Select(each => (string)each!));
        var whole = await _point.AskAsync("search/resource", Question(Subject("credential", office.Token), "t:b", "file/1"));
        Assert.True((bool)whole["context"]!["complete"]!);
        Assert.Empty(whole["results"]!.AsArray());
    }

    [Fact]
    public async Task Subjects_are_live_sessions_and_whose_they_are_and_a_lock_or_revocation_takes_them_out()
    {
        var office = await Office.OpenAsync(server);
        await server.Operator.CreateAgentAsync(office.Tenant, new CreateAgent("robot", "backend", Office.Scopes)).OrThrow();
        var second = await server.Operator.OpenSessionAsync(office.Tenant, new OpenSession("robot", "test", [new ScopeDto("billing", "read", "invoices/1")])).OrThrow();
        await server.Operator.OpenSessionAsync(office.Tenant, new OpenSession("robot", "test", [new ScopeDto("mail", "send", "desk")])).OrThrow();

        Assert.Equal(Sorted(office.Session.Id, second.Id), Sorted(await FindAsync("session", "invoices/1")));
        Assert.Equal([office.Session.Id], await FindAsync("session", "invoices/2"));
        Assert.Equal(["clerk", "robot"], Sorted(await FindAsync("agent", "invoices/1")));
        Assert.Equal(["jane"], await FindAsync("user", "invoices/1"));
        Assert.Empty(await FindAsync("user", "orders/1"));
        Assert.Empty(await FindAsync("credential", "invoices/1"));

        await server.Operator.SuspendAgentAsync(office.Tenant, "robot", new SuspendAgent("test")).OrThrow();
        Assert.Equal(["clerk"], await FindAsync("agent", "invoices/1"));
        await server.Operator.RevokeAsync(new RevokeRequest(new NodeDto("user", office.Tenant, "jane"), Reason: "test")).OrThrow();
        Assert.Empty(await FindAsync("agent", "invoices/1"));
        await server.Operator.ResumeAgentAsync(office.Tenant, "robot").OrThrow();
        Assert.Equal(["robot"], await FindAsync("agent", "invoices/1"));

        Task<List<string>> FindAsync(string type, string resource) => _point.SearchAsync("subject", SubjectsOf(office.Tenant, type, resource), "id");
    }

    [Fact]
    public async Task A_delegated_session_goes_with_the_lock_of_the_one_above_it()
    {
        var office = await Office.OpenAsync(server, "clerk", new ScopeDto("billing", "read", "invoices/*"));
        await server.Operator.CreateAgentAsync(office.Tenant, new CreateAgent("robot", "backend", Office.Scopes)).OrThrow();
        await server.Operator.DelegateSessionAsync(office.Session.Id, new DelegateSession("robot", "part", [new ScopeDto("billing", "read", "invoices/1")])).OrThrow();
        var search = SubjectsOf(office.Tenant, "agent", "invoices/1");
        Assert.Equal(["clerk", "robot"], Sorted(await _point.SearchAsync("subject", search, "id")));
        await server.Operator.LockAsync(new LockRequest(new NodeDto("session", office.Tenant, office.Session.Id), "test", DateTimeOffset.UtcNow.AddHours(1))).OrThrow();
        Assert.Empty(await _point.SearchAsync("subject", search, "id"));
    }

    [Fact]
    public async Task Pages_follow_each_other_and_a_token_of_another_request_is_refused()
    {
        var office = await Office.OpenAsync(server, "clerk", [.. Enumerable.Range(0, 7).Select(i => new ScopeDto("t", "a", $"doc/{i}"))]);
        for (var i = 0; i < 6; i++)
        {
            await server.Operator.OpenSessionAsync(office.Tenant, new OpenSession("clerk", "test", [new ScopeDto("t", "a", "doc/1")])).OrThrow();
        }
        foreach (var (path, search) in new[]
        {
            ("search/resource", Question(Subject("credential", office.Token), "t:a", "doc/x")), ("search/subject", SubjectsOf(office.Tenant, "session", "doc/1", "t:a")),
        })
        {
            var seen = new List<string>();
            search["page"] = new JsonObject { ["limit"] = 3 };
            for (string? token = null; token != "";)
            {
                search["page"] = token is null ? search["page"] : new JsonObject { ["token"] = token };
                var answer = await _point.AskAsync(path, search.DeepClone());
                Assert.InRange((int)answer["page"]!["count"]!, 0, 3);
                seen.AddRange(answer["results"]!.AsArray().Select(each => (string)each!["id"]!));
                token = (string)answer["page"]!["next_token"]!;
                await RefusesStrangersAsync(path, search, token);
            }
            Assert.Equal(7, seen.Count);
            Assert.Equal(7, seen.Distinct().Count());
        }
    }

    [Fact]
    public async Task A_dead_or_foreign_or_unproven_subject_may_do_nothing()
    {
        var office = await Office.OpenAsync(server);
        var other = await Office.OpenAsync(server);
        var guard = new AccessPoint(
            server, (await server.Operator.MakeApiKeyAsync(new Contracts.Keys.MakeApiKey("enforcement_point", "guard", other.Tenant)).OrThrow()).Secret);
        await NothingAsync(guard, Subject("credential", office.Token), Codes.TokenForeignTenant);
        await NothingAsync(_point, Subject("user", "jane"), Codes.SubjectUnproven);
        await NothingAsync(_point, Subject("agent", "boss", office.Token), Codes.SubjectMismatch);
        await NothingAsync(_point, Subject("credential", "x.y.z"), Codes.TokenMalformed);
        await server.Operator.CompleteSessionAsync(office.Session.Id).OrThrow();
        await NothingAsync(_point, Subject("credential", office.Token), Codes.SessionRevoked);
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task An_admin_of_one_tenant_finds_no_subject_of_another()
    {
        var (own, other) = (await Office.OpenAsync(server), await Office.OpenAsync(server));
        var admin = new AccessPoint(server, (await server.Operator.MakeApiKeyAsync(new Contracts.Keys.MakeApiKey("tenant_admin", "admin", own.Tenant)).OrThrow()).Secret);
        var bare = SubjectsOf(own.Tenant, "session", "invoices/1");
        bare["subject"]!.AsObject().Remove("properties");
        Assert.Equal([own.Session.Id], await admin.SearchAsync("subject", bare, "id"));
        using var foreign = await admin.SendAsync("search/subject", SubjectsOf(other.Tenant, "session", "invoices/1").ToJsonString());
        using var unknown = await admin.SendAsync("search/subject", SubjectsOf("nobody", "session", "invoices/1").ToJsonString());
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (foreign.StatusCode, unknown.StatusCode));
        using var unbound = await _point.SendAsync("search/subject", bare.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, unbound.StatusCode);
    }

    private static JsonObject SubjectsOf(string tenant, string type, string resource, string action = "billing:read") => Question(
        new JsonObject { ["type"] = type, ["properties"] = new JsonObject { ["tenant"] = tenant } }, action, resource);

    private static async Task NothingAsync(AccessPoint point, JsonObject subject, string reason)
    {
        foreach (var path in new[] { "search/action", "search/resource" })
        {
            var answer = await point.AskAsync(path, Question(subject, "billing:read", "invoices/7"));
            Assert.Empty(answer["results"]!.AsArray());
            Assert.Equal(("", reason), ((string)answer["page"]!["next_token"]!, (string)answer["context"]!["reason"]!));
        }
    }

    private async Task RefusesStrangersAsync(string path, JsonNode search, string token)
    {
        if (token == "")
        {
            return;
        }
        var other = search.DeepClone();
        other["page"] = new JsonObject { ["token"] = token };
        other["action"]!["name"] = "t:b";
        var limit = search.DeepClone();
        limit["page"] = new JsonObject { ["token"] = token, ["limit"] = 4 };
        var broken = search.DeepClone();
        broken["page"] = new JsonObject { ["token"] = "A" + token[1..] + "!" };
        var negative = search.DeepClone();
        negative["page"] = new JsonObject { ["limit"] = -1 };
        foreach (var odd in new[] { other, limit, broken, negative })
        {
            using var answer = await _point.SendAsync(path, odd.ToJsonString());
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    private static List<string> Sorted(params IEnumerable<string> texts) => [.. texts.Order(StringComparer.Ordinal)];
}
