using Fabric.Client;
using Fabric.Contracts.Changes;
using Fabric.Contracts.Tenants;
using Fabric.Contracts.Users;
using Fabric.Core.Common;

namespace Fabric.Silo.Tests.Engine;

public sealed class EventStreamTests(EngineServer server) : IClassFixture<EngineServer>
{
    [Fact]
    [Trait("Invariant", "R3")]
    public async Task A_watch_gives_each_change_once_and_goes_on_at_a_cursor()
    {
        await server.Operator.CreateTenantAsync(new CreateTenant("watched")).OrThrow();
        var begin = (await server.Operator.PullChangesAsync(new ChangeQuery(ChangeQuery.Now)).OrThrow()).Next;
        await server.Operator.CreateTenantAsync(new CreateTenant("elsewhere")).OrThrow();
        for (var i = 0; i < 5; i++)
        {
            await server.Operator.CreateUserAsync("watched", new CreateUser($"u{i}")).OrThrow();
        }
        var cursor = begin;
        for (var i = 0; i < 5; i++)
        {
            // A new stream for each change: nothing is missed in between.
            var change = await FirstAsync(new ChangeQuery(cursor, "watched"));
            Assert.Equal(("user.registered", $"u{i}"), (change.Kind, change.Node.Id));
            cursor = change.Cursor;
        }
        var watching = FirstAsync(new ChangeQuery(cursor, "watched", Kinds: ["user.amended"]));
        await server.Operator.CreateUserAsync("watched", new CreateUser("u5")).OrThrow();
        await server.Operator.UpdateUserAsync("watched", "u5", new UpdateUser("New name")).OrThrow();
        Assert.Equal("u5", (await watching).Node.Id);
    }

    [Fact]
    public async Task A_cursor_that_is_none_or_lies_ahead_is_refused_before_the_stream_begins()
    {
        Assert.Equal(Codes.InvalidField, await RefusalAsync("nonsense"));
        Assert.Equal(Codes.CursorGap, await RefusalAsync("c999999999"));
    }

    [Fact]
    [Trait("Invariant", "T1")]
    public async Task A_watch_of_one_tenant_shows_nothing_of_another()
    {
        await server.Operator.CreateTenantAsync(new CreateTenant("mine")).OrThrow();
        await server.Operator.CreateTenantAsync(new CreateTenant("theirs")).OrThrow();
        using var auditor = await server.ClientAsync("auditor", "ann", "mine");
        var watching = FirstAsync(new ChangeQuery((await auditor.PullChangesAsync(new ChangeQuery(ChangeQuery.Now)).OrThrow()).Next), auditor);
        await server.Operator.CreateUserAsync("theirs", new CreateUser("other")).OrThrow();
        await server.Operator.CreateUserAsync("mine", new CreateUser("own")).OrThrow();
        Assert.Equal("own", (await watching).Node.Id);
        Assert.Equal(Codes.NotFound, (await auditor.PullChangesAsync(new ChangeQuery(Tenant: "theirs"))).Rejection?.Code);
    }

    [Fact]
    public async Task The_streams_end_when_the_host_stops()
    {
        var own = new EngineServer();
        await own.InitializeAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/changes");
        request.Headers.Authorization = new("Bearer", own.OperatorSecret);
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await own.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.StartsWith(":", await reader.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("id: c", await reader.ReadLineAsync(), StringComparison.Ordinal);
        await own.App.StopAsync();
        Assert.Equal("\n", await reader.ReadToEndAsync());
        await own.DisposeAsync();
    }

    private async Task<Change> FirstAsync(ChangeQuery query, Client.Http.FabricHttpClient? client = null)
    {
        await foreach (var change in (client ?? server.Operator).WatchChangesAsync(query))
        {
            return change.OrThrow();
        }
        throw new InvalidOperationException("the stream ended");
    }

    private async Task<string?> RefusalAsync(string cursor)
    {
        await foreach (var change in server.Operator.WatchChangesAsync(new ChangeQuery(cursor)))
        {
            return change.Rejection?.Code;
        }
        return null;
    }
}
