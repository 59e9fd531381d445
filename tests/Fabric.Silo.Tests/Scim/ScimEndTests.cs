using Fabric.Client;
using Fabric.Contracts;
using Fabric.Contracts.Revocations;
using Fabric.Contracts.Users;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Scim;

namespace Fabric.Silo.Tests.Scim;

/// <summary>What an identity provider is told of a user that ends is so, also when storage is slow or away.</summary>
public sealed class ScimEndTests(EngineServer server) : IClassFixture<EngineServer>
{
    private static readonly ScimChange End = new(Active: false);

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [Trait("Invariant", "D1")]
    public async Task An_end_is_answered_once_it_is_durable_however_often_it_is_asked_for_before(bool isProvisioned, bool isDeleted)
    {
        var (users, (fabric, tenant), isDurable, ends) = (new ScimUsers(server.Engine, TimeProvider.System), await FabricAsync(), false, 0);
        if (isProvisioned)
        {
            await users.CreateAsync(fabric, tenant, new ScimChange(UserName: "jane", ExternalId: "e1"), CancellationToken.None).OrThrow();
        }
        else
        {
            await server.Operator.CreateUserAsync(tenant, new CreateUser("jane")).OrThrow();
        }
        var late = RelayedFabric.Make(fabric, method => method == nameof(IFabric.OffboardUserAsync) ? (object)new ValueTask<Outcome<Receipt>>(EndAsync()) : null);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Codes.StorageUnavailable, (await AskAsync())?.Code);
        }
        Assert.Equal(3, ends);
        isDurable = true;
        var answer = (await AskAsync())?.Code;
        Assert.Equal(4, ends);

        // Whom the provider has made is there, and has ended; another one, that it never knew, is none of it any more.
        Assert.Equal(isProvisioned ? null : Codes.NotFound, answer);
        Assert.Equal("offboarded", (await server.Operator.GetUserAsync(tenant, "jane").OrThrow()).Status);

        async Task<Outcome<Receipt>> EndAsync()
        {
            ends++;
            var receipt = await fabric.OffboardUserAsync(tenant, "jane", new EndNode("left")).OrThrow();
            return receipt with { Durable = isDurable };
        }

        async Task<Rejection?> AskAsync()
        {
            var user = await users.GetToChangeAsync(late, tenant, "jane", CancellationToken.None);
            return !user.IsOk ? user.Rejection
                : isDeleted ? await users.RemoveAsync(late, user.Value, CancellationToken.None)
                : (await users.ChangeAsync(late, user.Value, End, replaces: false, CancellationToken.None)).Rejection;
        }
    }

    [Fact]
    public async Task A_user_that_is_only_read_is_not_ended_once_more()
    {
        var (users, fabric) = (new ScimUsers(server.Engine, TimeProvider.System), await FabricAsync());
        await server.Operator.CreateUserAsync(fabric.Tenant, new CreateUser("jane")).OrThrow();
        await server.Operator.OffboardUserAsync(fabric.Tenant, "jane", new EndNode("left")).OrThrow();
        var ends = 0;
        var counted = RelayedFabric.Make(fabric.Own, method =>
        {
            ends += method == nameof(IFabric.OffboardUserAsync) ? 1 : 0;
            return null;
        });
        Assert.Equal(Codes.NotFound, (await users.GetAsync(counted, fabric.Tenant, "jane", CancellationToken.None)).Rejection?.Code);
        Assert.Equal(0, ends);
        Assert.Equal(Codes.NotFound, (await users.GetToChangeAsync(counted, fabric.Tenant, "jane", CancellationToken.None)).Rejection?.Code);
        Assert.Equal(1, ends);
    }

    [Fact]
    public async Task A_list_is_whole_or_it_is_refused()
    {
        var fabric = await FabricAsync();
        var notes = new RelayedNotes(server.Engine.Notes);
        await using var engine = new RelayedEngine(server.Engine) { Notes = notes };
        var users = new ScimUsers(engine, TimeProvider.System);
        foreach (var name in (string[])["jane", "john"])
        {
            await users.CreateAsync(fabric.Own, fabric.Tenant, new ScimChange(UserName: name), CancellationToken.None).OrThrow();
        }
        await users.ChangeAsync(fabric.Own, await users.GetAsync(fabric.Own, fabric.Tenant, "jane", CancellationToken.None).OrThrow(), End, replaces: false, CancellationToken.None).OrThrow();
        Assert.Equal([("jane", "offboarded"), ("john", "active")], (await ListAsync().OrThrow()).Select(user => (user.Id, user.Status)));
        notes.Reading = _ => new Rejection(Codes.StorageUnavailable, "notes", "away");
        Assert.Equal(Codes.StorageUnavailable, (await ListAsync()).Rejection?.Code);
        notes.Reading = _ => null;
        Assert.Equal(2, (await ListAsync().OrThrow()).Count);

        ValueTask<Outcome<IReadOnlyList<UserInfo>>> ListAsync() => users.ListAsync(fabric.Own, fabric.Tenant, CancellationToken.None);
    }

    private async Task<(IFabric Own, string Tenant)> FabricAsync()
    {
        var tenant = "t" + Guid.NewGuid().ToString("N");
        await server.Operator.CreateTenantAsync(new(tenant)).OrThrow();
        return (server.Engine.As(new Caller(Role.Provisioner, tenant, "okta")), tenant);
    }
}
