using System.Net;
using System.Text;
using System.Text.Json;
using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Silo.Api;
using Fabric.Silo.Tests.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Fabric.Silo.Tests.Engine;

/// <summary>Well-formed bodies with hostile values, against a real engine: refused with a code, never an error of the fabric, and nothing changes.</summary>
public sealed class HostileInputTests(EngineServer server) : IClassFixture<EngineServer>
{
    private const int Rounds = 10;

    public static TheoryData<string> Ids => new()
    {
        "", " ", "a b", "a\tb", "a\nb", "a\0b", "a\u001bb", "a\u007fb", "a\u0085b", "a\u202eb", "a\u2066b", "a\u200bb", "a\ufeffb", "a/b", "a\\b", "a%b", "ä", "a\u0301",
        new string('a', 129), ".", "..",
    };

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task An_id_with_anything_but_plain_letters_is_refused_and_nothing_is_made(string id)
    {
        await server.Operator.CreateTenantAsync(new CreateTenant("ids"));
        var before = (await server.Operator.ListTenantsAsync(new PageQuery(Limit: 1_000)).OrThrow()).Items.Count;
        Assert.Equal(Codes.InvalidField, (await server.Operator.CreateTenantAsync(new CreateTenant(id))).Rejection?.Code);
        Assert.Equal(Codes.InvalidField, (await server.Operator.CreateUserAsync("ids", new CreateUser(id))).Rejection?.Code);
        Assert.Equal(before, (await server.Operator.ListTenantsAsync(new PageQuery(Limit: 1_000)).OrThrow()).Items.Count);
        Assert.Empty((await server.Operator.ListUsersAsync("ids", new PageQuery()).OrThrow()).Items);
        Assert.Contains((await server.Operator.GetUserAsync("ids", id)).Rejection?.Code, (string[])[Codes.NotFound, Codes.InvalidField, Codes.BrokenRequest]);
    }

    [Fact]
    public async Task No_body_of_the_right_shape_and_no_query_makes_the_fabric_fail()
    {
        var seed = Environment.TickCount;
        var samples = new Samples(seed);
        var random = new Random(seed);
        foreach (var endpoint in Surface.Verify(server.App).OfType<RouteEndpoint>().Where(each => each.RoutePattern.RawText != "/v1/feed"))
        {
            for (var round = 0; round < Rounds; round++)
            {
                var method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0];
                using var request = new HttpRequestMessage(new HttpMethod(method), PathOf(endpoint, random));
                request.Headers.Authorization = new("Bearer", server.OperatorSecret);
                if (endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType is { } type)
                {
                    var body = JsonSerializer.Serialize(samples.Value(type), FabricJson.Default.GetTypeInfo(type)!);
                    request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                }
                using var answer = await server.Http.SendAsync(request);
                var said = await answer.Content.ReadAsStringAsync();
                Assert.True((int)answer.StatusCode is not 500 and not 501, $"seed {seed}: {method} {request.RequestUri} answered {answer.StatusCode}: {said}");
            }
        }
    }

    [Fact]
    public async Task A_secret_that_is_too_long_or_odd_is_no_secret()
    {
        foreach (var secret in new[] { new string('f', 8_000), "fa..", "fk..x", "fa." + new string('A', 400) + ".x", "fa.////.x" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tenants");
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {secret}");
            Assert.Contains((await server.Http.SendAsync(request)).StatusCode, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest]);
        }
    }

    private static string PathOf(RouteEndpoint endpoint, Random random)
    {
        var path = new StringBuilder(endpoint.RoutePattern.RawText);
        foreach (var parameter in endpoint.RoutePattern.Parameters)
        {
            path.Replace($"{{**{parameter.Name}}}", $"{{{parameter.Name}}}").Replace($"{{{parameter.Name}}}", Uri.EscapeDataString(Odd(random)));
        }
        foreach (var field in endpoint.Metadata.GetMetadata<QueryFields>()?.Fields ?? [])
        {
            if (random.Next(3) == 0)
            {
                path.Append(path.ToString().Contains('?', StringComparison.Ordinal) ? '&' : '?').Append(field.Name).Append('=').Append(Uri.EscapeDataString(Odd(random)));
            }
        }
        return path.ToString();
    }

    private static string Odd(Random random) => random.Next(8) switch
    {
        0 => "x",
        1 => "-1",
        2 => "99999999999999999999999",
        3 => new string('0', 32),
        4 => "\u202e\u0007",
        5 => "tenant/x",
        6 => "2026-01-01T00:00:00Z",
        _ => new string('a', 300),
    };
}
