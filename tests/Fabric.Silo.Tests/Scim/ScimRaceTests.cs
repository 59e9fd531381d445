using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Common;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Scim;
using Fabric.Silo.Tests.OAuth;

namespace Fabric.Silo.Tests.Scim;

/// <summary>Users whose names differ in the case of their letters alone, registered at the same moment.</summary>
public sealed class ScimRaceTests(OAuthServer server) : IClassFixture<OAuthServer>
{
    [Fact]
    public async Task Of_names_that_differ_in_case_alone_the_one_that_is_held_is_registered()
    {
        var (tenant, fabric) = await FabricAsync();
        var users = new ScimUsers(server.Engine, server.Time);
        var (isAsked, mayGoOn) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var slow = RelayedFabric.Make(fabric, method => method == nameof(IFabric.CreateUserAsync) ? (object)new ValueTask<Outcome<UserInfo>>(LaterAsync()) : null);
        var first = users.CreateAsync(slow, tenant, new ScimChange(UserName: "Jane"), CancellationToken.None).AsTask();
        await isAsked.Task;

        // Nobody is called so yet, and somebody is about to be.
        Assert.Equal(Codes.StorageUnavailable, (await CreateAsync("jane")).Rejection?.Code);
        Assert.Equal(Codes.StorageUnavailable, (await CreateAsync("Jane")).Rejection?.Code);
        (await CreateAsync("john")).OrThrow();
        mayGoOn.SetResult();
        (await first).OrThrow();
        Assert.Equal(ScimErrors.Uniqueness, (await CreateAsync("jane")).Rejection?.Code);
        Assert.Equal(ScimErrors.Uniqueness, (await CreateAsync("Jane")).Rejection?.Code);
        Assert.Equal(["Jane"], server.Engine.UsersCalled(tenant, "jane"));

        ValueTask<Outcome<ScimUser>> CreateAsync(string name) => users.CreateAsync(fabric, tenant, new ScimChange(UserName: name), CancellationToken.None);

        async Task<Outcome<UserInfo>> LaterAsync()
        {
            isAsked.SetResult();
            await mayGoOn.Task;
            return await fabric.CreateUserAsync(tenant, new CreateUser("Jane"));
        }
    }

    [Fact]
    [Trait("Invariant", "B1")]
    public async Task A_name_that_came_to_nothing_is_free_again()
    {
        var (tenant, fabric) = await FabricAsync();
        var users = new ScimUsers(server.Engine, server.Time);
        var answer = new Rejection(Codes.LimitReached, tenant, "full");
        var refusing = RelayedFabric.Make(fabric, method => method == nameof(IFabric.CreateUserAsync) ? (object)new ValueTask<Outcome<UserInfo>>(answer) : null);
        Assert.Equal(Codes.LimitReached, (await users.CreateAsync(refusing, tenant, new ScimChange(UserName: "Jane"), CancellationToken.None)).Rejection?.Code);

        // Refused, it is given back at once. Where nobody knows what has become of it, it is held until that is over.
        answer = new Rejection(Codes.StorageUnavailable, "database", "away");
        Assert.Equal(Codes.StorageUnavailable, (await users.CreateAsync(refusing, tenant, new ScimChange(UserName: "Jane"), CancellationToken.None)).Rejection?.Code);
        Assert.Equal(Codes.StorageUnavailable, (await users.CreateAsync(fabric, tenant, new ScimChange(UserName: "jane"), CancellationToken.None)).Rejection?.Code);
        server.Time.Advance(NewUsers.HeldFor);
        (await users.CreateAsync(fabric, tenant, new ScimChange(UserName: "jane"), CancellationToken.None)).OrThrow();
    }

    [Fact]
    public async Task Requests_that_race_make_one_user_of_a_name()
    {
        var tenant = await server.TenantAsync();
        var secret = await server.KeyAsync("provisioner", tenant);
        for (var round = 0; round < 20; round++)
        {
            var names = new[] { $"Jane{round}", $"jane{round}", $"JANE{round}", $"jAne{round}" };
            var answers = await Task.WhenAll(names.Select(name => Task.Run(() => PostAsync(tenant, secret, name))));
            Assert.Single(answers, HttpStatusCode.Created);
            Assert.All(answers, status => Assert.Contains(status, new[] { HttpStatusCode.Created, HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable }));
            Assert.Single(server.Engine.UsersCalled(tenant, $"jane{round}"));
            Assert.Equal(HttpStatusCode.Conflict, await PostAsync(tenant, secret, $"jane{round}"));
        }
        Assert.Equal(20, (await server.Operator.ListUsersAsync(tenant, new PageQuery(null, 100)).OrThrow()).Items.Count);
    }

    private async Task<HttpStatusCode> PostAsync(string tenant, string secret, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/tenants/{tenant}/scim/v2/Users");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        var body = new JsonObject { ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"), ["userName"] = name };
        request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/scim+json");
        using var answer = await server.Http.SendAsync(request);
        return answer.StatusCode;
    }

    private async Task<(string Tenant, IFabric Fabric)> FabricAsync()
    {
        var tenant = await server.TenantAsync();
        return (tenant, server.Engine.As(new Caller(Role.Provisioner, tenant, "okta")));
    }
}
