using System.Net;
using System.Text.Json.Nodes;
using Fabric.Silo.AuthZen;
using Fabric.Silo.Tests.Engine;
using static Fabric.Silo.Tests.AuthZen.AccessPoint;

namespace Fabric.Silo.Tests.AuthZen;

/// <summary>AuthZEN 1.0 sections 9 and 10: metadata, errors and request identifiers.</summary>
public sealed class AccessErrorTests(EngineServer server) : IClassFixture<EngineServer>
{
    private static readonly string[] Paths = ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"];
    private readonly AccessPoint _point = new(server);

    [Theory]
    [InlineData("""{"action":{"name":"t:a"},"resource":{"type":"r","id":"1"}}""", "subject")]
    [InlineData("""{"subject":{"type":"user","id":"a"},"resource":{"type":"r","id":"1"}}""", "action")]
    [InlineData("""{"subject":{"type":"user","id":"a"},"action":{"name":"t:a"}}""", "resource")]
    [InlineData("""{"subject":{"id":"a"},"action":{"name":"t:a"},"resource":{"type":"r","id":"1"}}""", "subject.type")]
    [InlineData("""{"subject":{"type":"user"},"action":{"name":"t:a"},"resource":{"type":"r","id":"1"}}""", "subject.id")]
    [InlineData("""{"subject":{"type":"user","id":"a"},"action":{},"resource":{"type":"r","id":"1"}}""", "action.name")]
    [InlineData("""{"subject":{"type":"user","id":"a"},"action":{"name":"t:a"},"resource":{"id":"1"}}""", "resource.type")]
    [InlineData("""{"subject":{"type":"user","id":"a"},"action":{"name":"t:a"},"resource":{"type":"r"}}""", "resource.id")]
    [InlineData("""{"subject":"alice","action":{"name":"t:a"},"resource":{"type":"r","id":"1"}}""", "subject")]
    [InlineData("""{"subject":{"type":"user","id":"a"},"action":{"name":123},"resource":{"type":"r","id":"1"}}""", "action.name")]
    [InlineData("""{"subject":{"type":"user","id":"a","properties":"p"},"action":{"name":"t:a"},"resource":{"type":"r","id":"1"}}""", "subject.properties")]
    [InlineData("""{"subject":{"type":"user","id":"a"},"action":{"name":"t:a"},"resource":{"type":"r","id":"1"},"context":[]}""", "context")]
    [InlineData("""{"subject":{"type":"user","type":"agent","id":"a"},"action":{"name":"t:a"},"resource":{"type":"r","id":"1"}}""", "subject")]
    [InlineData("""{"subject":{"type":"user","id":"a","properties":{"token":"a","token":"b"}},"action":{"name":"t:a"},"resource":{"type":"r","id":"1"}}""", "")]
    [InlineData("""{"subject":null,"action":{"name":"t:a"},"resource":{"type":"r","id":"1"}}""", "subject")]
    [InlineData("[]", "$")]
    [InlineData("null", "$")]
    [InlineData("{", "$")]
    [InlineData("", "$")]
    public async Task A_request_that_is_none_is_a_bad_request_with_a_message(string body, string said)
    {
        foreach (var path in new[] { "evaluation", "evaluations" })
        {
            using var answer = await _point.SendAsync(path, body, "id-1");
            var message = await answer.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
            Assert.Matches("^request\\.[a-z_]+: .+", message);
            Assert.Contains(said, message, StringComparison.Ordinal);
            Assert.Equal("id-1", Assert.Single(answer.Headers.GetValues("X-Request-ID")));
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonp")]
    public async Task Another_content_type_is_a_bad_request(string type)
    {
        foreach (var path in Paths)
        {
            using var answer = await _point.SendAsync(path, "{}", null, type);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_caller_that_is_nobody_or_may_not_gets_the_statuses_of_the_standard_with_its_identifier()
    {
        var office = await Office.OpenAsync(server);
        var auditor = (await server.Operator.MakeApiKeyAsync(new Contracts.Keys.MakeApiKey("auditor", "reader"))).Value.Secret;
        foreach (var path in Paths)
        {
            using var nobody = await new AccessPoint(server, office.Token).SendAsync(path, "{}", "id-2");
            Assert.Equal((HttpStatusCode.Unauthorized, "id-2"), (nobody.StatusCode, nobody.Headers.GetValues("X-Request-ID").Single()));
            Assert.Equal("Bearer", Assert.Single(nobody.Headers.WwwAuthenticate).Scheme);
            using var reader = await new AccessPoint(server, auditor).SendAsync(path, "{}", "id-3");
            Assert.Equal((HttpStatusCode.Forbidden, "id-3"), (reader.StatusCode, reader.Headers.GetValues("X-Request-ID").Single()));
            Assert.Equal("text/plain", reader.Content.Headers.ContentType?.MediaType);
        }
    }

    [Fact]
    public async Task A_request_identifier_comes_back_as_it_was_sent_or_is_refused()
    {
        var office = await Office.OpenAsync(server);
        var question = Question(Subject("credential", office.Token), "billing:read", "invoices/1").ToJsonString();
        foreach (var id in new[] { "bfe9eb29-ab87-4ca3-be83-a1d5d8305716", "a b;c=\"d\"", new string('x', 200) })
        {
            using var answer = await _point.SendAsync("evaluation", question, id);
            Assert.Equal((HttpStatusCode.OK, id), (answer.StatusCode, answer.Headers.GetValues("X-Request-ID").Single()));
        }
        using var none = await _point.SendAsync("evaluation", question);
        Assert.Equal(HttpStatusCode.OK, none.StatusCode);
        using var odd = await _point.SendAsync("evaluation", question, new string('x', 201));
        Assert.Equal(HttpStatusCode.BadRequest, odd.StatusCode);
        Assert.False(odd.Headers.Contains("X-Request-ID"));
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task Past_the_limit_of_questions_and_bytes_is_a_clear_error()
    {
        var most = new JsonObject { ["evaluations"] = new JsonArray([.. Enumerable.Range(0, AccessDecider.EvaluationsMax).Select(_ => new JsonObject())]) };
        var answers = (await _point.AskAsync("evaluations", most))["evaluations"]!.AsArray();
        Assert.Equal(AccessDecider.EvaluationsMax, answers.Count);
        Assert.DoesNotContain(answers, each => (bool)each!["decision"]!);
        most["evaluations"]!.AsArray().Add(new JsonObject());
        using var tooMany = await _point.SendAsync("evaluations", most.ToJsonString());
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooMany.StatusCode);
        using var unknown = await _point.SendAsync("evaluations", """{"evaluations":[{}],"options":{"evaluations_semantic":"first_wins"}}""");
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
    }

    [Fact]
    public async Task A_token_is_in_no_error()
    {
        var office = await Office.OpenAsync(server);
        foreach (var action in new[] { "\"name\":1", "\"name\":\"x\"", "\"name\":\"t:a\",\"properties\":{\"class\":3}" })
        {
            using var answer = await _point.SendAsync(
                "evaluation", $$$"""{"subject":{"type":"credential","id":"{{{office.Token}}}"},"action":{{{{action}}}},"resource":{"type":"r","id":"1"}}""");
            Assert.DoesNotContain(office.Token[..40], await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_metadata_names_endpoints_that_are_there()
    {
        var about = JsonNode.Parse(await server.Http.GetStringAsync(new Uri("/.well-known/authzen-configuration", UriKind.Relative)))!;
        var point = (string)about["policy_decision_point"]!;
        Assert.Equal("https://fabric.local", point);
        foreach (var name in new[] { "access_evaluation", "access_evaluations", "search_subject", "search_resource", "search_action" })
        {
            var address = (string)about[name + "_endpoint"]!;
            Assert.StartsWith(point + "/access/v1/", address, StringComparison.Ordinal);
            using var answer = await _point.SendAsync(address[(point.Length + "/access/v1/".Length)..], "{}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }
}
