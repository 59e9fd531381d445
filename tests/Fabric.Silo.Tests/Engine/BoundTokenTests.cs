using System.Net;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts.Credentials;
using Fabric.Core.Common;
using Fabric.Silo.Tests.AuthZen;
using Fabric.Silo.Tests.ExtAuthz;
using Fabric.Silo.Tests.OAuth;
using static Fabric.Silo.Tests.AuthZen.AccessPoint;

namespace Fabric.Silo.Tests.Engine;

/// <summary>A token that is bound to a key (RFC 9449) is nothing in the hands of who only bears it, whichever way the fabric is asked.</summary>
public sealed class BoundTokenTests(GuardedServer guarded) : IClassFixture<GuardedServer>, IDisposable
{
    private readonly EngineServer _server = guarded.Server;
    private readonly SigningClient _key = new();

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task Authzen_permits_nothing_to_a_bound_token_that_is_only_borne_and_lists_nothing()
    {
        var (office, token) = await BoundAsync();
        var point = new AccessPoint(_server);
        foreach (var (type, id) in new[] { ("credential", token), ("session", office.Session.Id), ("agent", office.Agent), ("user", office.User) })
        {
            var question = Question(Subject(type, id, token), "billing:read", "invoices/1");
            Assert.Equal((false, Codes.TokenProof), await point.EvaluateAsync(question));
            Assert.Equal((true, null), await point.EvaluateAsync(Question(Subject(type, type == "credential" ? office.Token : id, type == "credential" ? null : office.Token), "billing:read", "invoices/1")));
            var many = await point.AskAsync("evaluations", new JsonObject { ["evaluations"] = new JsonArray(question.DeepClone(), question.DeepClone()) });
            Assert.All(many["evaluations"]!.AsArray(), each => Assert.Equal((false, Codes.TokenProof), ((bool)each!["decision"]!, (string?)each["context"]!["reason"])));
            foreach (var what in (string[])["action", "resource"])
            {
                var answer = await point.AskAsync("search/" + what, question);
                Assert.Empty(answer["results"]!.AsArray());
                Assert.Equal(Codes.TokenProof, (string?)answer["context"]!["reason"]);
            }
        }
    }

    [Fact]
    public async Task A_proxy_lets_no_bearer_of_a_bound_token_through()
    {
        var (office, token) = await BoundAsync();
        foreach (var (scheme, presented, status, code) in new[]
        {
            ("Bearer", office.Token, HttpStatusCode.OK, null), ("Bearer", token, HttpStatusCode.Unauthorized, Codes.TokenProof), ("DPoP", token, HttpStatusCode.Unauthorized, Codes.Unauthenticated),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/ext-authz/invoices/1");
            request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {presented}");
            request.Headers.TryAddWithoutValidation("DPoP", "made.up.proof");
            using var answer = await _server.Http.SendAsync(request);
            Assert.Equal((status, code), (answer.StatusCode, answer.Headers.TryGetValues("X-Fabric-Code", out var codes) ? codes.Single() : null));
        }
    }

    private async Task<(Office Office, string Token)> BoundAsync()
    {
        var office = await Office.OpenAsync(_server);
        var issued = await _server.Operator.IssueCredentialsAsync(office.Session.Id, new IssueCredentials(ProofKey: _key.Thumbprint)).OrThrow();
        return (office, issued.Credentials[0].Token);
    }
}
