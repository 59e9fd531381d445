using Fabric.Client.Edges;
using Fabric.Client.Embedded;
using Fabric.Core.Common;
using Fabric.Core.Scopes;
using Fabric.Embedded;
using Fabric.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fabric.Client.Tests.Edges;

/// <summary>The enforcement point over a real engine in its own process.</summary>
public sealed class InProcessEdgeTests : IAsyncLifetime
{
    private static readonly ToolCall Search = new("flights.search", "call", "", ActionClass.Read);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"fabric-edge-{Guid.NewGuid():n}");
    private EmbeddedEngine _engine = null!;
    private IHost _host = null!;
    private Edge _edge = null!;
    private Contracts.IFabric _admin = null!;

    public async Task InitializeAsync()
    {
        _engine = EmbeddedEngine.Open(new EmbeddedOptions { DataFolder = _folder });
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddFabric(options => (options.Name, options.Tenant) = ("in-process", "acme")).FromEngine(_ => _engine);
        _host = builder.Build();
        await _host.StartAsync();
        _edge = _host.Services.GetRequiredService<Edge>();
        var operators = _engine.As(new Caller(Role.Operator, null, "root"));
        await operators.CreateTenantAsync(new("acme")).OrThrow();
        _admin = _engine.As(new Caller(Role.TenantAdmin, "acme", "ada"));
        await _admin.CreateUserAsync("acme", new("mia")).OrThrow();
        await _admin.CreateAgentAsync("acme", new("bot", "backend", [new("*")])).OrThrow();
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    [Trait("Invariant", "R1")]
    public async Task What_the_engine_revokes_is_denied_at_once_and_cancelled_before_the_receipt_confirms()
    {
        var (session, token) = await IssueAsync();
        Assert.True(_edge.Check(token, Search).Allowed);
        Assert.True(_edge.Check(token, Search with { Class = ActionClass.Destructive }).Allowed);
        using var call = _edge.Begin(token, Search);
        Assert.True(call.Decision.Allowed);

        var receipt = await _admin.RevokeAsync(new(new("session", "acme", session), Wait: "confirmed")).OrThrow();
        Assert.Equal("confirmed", receipt.State);
        Assert.Equal(Codes.SessionRevoked, call.CancelledBy);
        Assert.Equal(Codes.SessionRevoked, _edge.Check(token, Search).Code);
        Assert.True(_edge.Check(token, Search).Revision >= receipt.Revision);
    }

    [Fact]
    public async Task Quotas_are_exact_and_usage_reaches_the_audit()
    {
        var (_, token) = await IssueAsync(maxCalls: 3);
        for (var i = 0; i < 3; i++)
        {
            Assert.True((await _edge.CheckAsync(token, Search)).Allowed);
        }

        Assert.Equal(Codes.QuotaExhausted, (await _edge.CheckAsync(token, Search)).Code);
        await _edge.FlushAsync();
        Assert.Equal(0, _edge.UsageLines);
        var usage = await _admin.QueryAuditAsync(new(Tenant: "acme", Kind: "usage")).OrThrow();
        Assert.Equal(3, usage.Items.Where(entry => entry.Reason is null).Sum(entry => entry.Count));
    }

    private async Task<(string Session, string Token)> IssueAsync(long? maxCalls = null)
    {
        var session = await _admin.OpenSessionAsync("acme", new("bot", "book a flight", [new("flights.*", MaxCalls: maxCalls)], User: null)).OrThrow();
        var issued = await _admin.IssueCredentialsAsync(session.Id, new()).OrThrow();
        return (session.Id, issued.Credentials[0].Token);
    }
}
