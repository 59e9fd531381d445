using Fabric.Contracts.Agents;
using Fabric.Contracts.Audit;
using Fabric.Contracts.Checks;
using Fabric.Contracts.Common;
using Fabric.Contracts.Credentials;
using Fabric.Contracts.Sessions;
using Fabric.Contracts.Tenants;
using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Embedded.Tests.Fixtures;
using Fabric.Engine;
using Fabric.Testing;

namespace Fabric.Embedded.Tests.Engine;

public sealed class QuotaTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task Units_come_back_only_from_whom_they_were_handed_to_also_after_a_restart()
    {
        Handle quota;
        long units;
        await using (var engine = Open())
        {
            quota = await OpenSessionAsync(engine, new ScopeDto("mail", MaxCalls: 1_000));
            units = (await engine.TakeQuotaAsync(quota, "e1", 64)).Value.Units;
            await engine.ReturnQuotaAsync(quota, "rogue", units, 0);
            Assert.Equal(units, engine.Ledger.World.Quotas[quota].Used);
        }

        await using var again = Open();
        await again.ReturnQuotaAsync(quota, "rogue", units, 0);
        Assert.Equal(units, again.Ledger.World.Quotas[quota].Used);
        await again.ReturnQuotaAsync(quota, "e1", units + 100, 0);
        Assert.Equal(0, again.Ledger.World.Quotas[quota].Used);
        await again.ReturnQuotaAsync(quota, "e1", 1, 0);
        Assert.Equal(0, again.Ledger.World.Quotas[quota].Used);
    }

    [Theory]
    [InlineData(-3_600)]
    [InlineData(3_600)]
    public async Task A_wall_clock_that_is_moved_begins_no_window_again(int seconds)
    {
        await using var engine = Open();
        var quota = await OpenSessionAsync(engine, new ScopeDto("mail", Rate: new RateDto(1, 60)));
        Assert.Equal(1, (await engine.TakeQuotaAsync(quota, "e1", 1)).Value.Units);
        _time.JumpWallClock(TimeSpan.FromSeconds(seconds));
        Assert.Equal(Codes.RateExceeded, (await engine.TakeQuotaAsync(quota, "e1", 1)).Rejection!.Code);
        _time.JumpWallClock(TimeSpan.FromSeconds(-seconds));
        Assert.Equal(Codes.RateExceeded, (await engine.TakeQuotaAsync(quota, "e1", 1)).Rejection!.Code);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(1, (await engine.TakeQuotaAsync(quota, "e1", 1)).Value.Units);
    }

    [Fact]
    [Trait("Invariant", "A1")]
    public async Task A_denial_for_want_of_units_is_recorded_like_any_other()
    {
        await using var engine = Open();
        _ = await OpenSessionAsync(engine, new ScopeDto("mail", MaxCalls: 1));
        var fabric = engine.As(Caller.Fabric);
        var session = (await fabric.ListSessionsAsync(new SessionQuery(new NodeDto("tenant", "acme")))).Value.Items.Single();
        var token = (await fabric.IssueCredentialsAsync(session.Id, new IssueCredentials())).Value.Credentials[0].Token;
        Assert.True((await fabric.CheckAsync(new CheckRequest(token, "mail", "send", "x", "read"))).Value.Allowed);
        Assert.Equal(Codes.QuotaExhausted, (await fabric.CheckAsync(new CheckRequest(token, "mail", "send", "x", "read"))).Value.Code);

        engine.TakeOwnUsage();
        await engine.Audit.Store.FlushAsync();
        var denied = Assert.Single((await fabric.QueryAuditAsync(new AuditQuery("acme", Kind: "denied"))).Value.Items);
        Assert.Equal((Codes.QuotaExhausted, "mail", 1L), (denied.Reason, denied.Tool, denied.Count));
    }

    public void Dispose() => _temp.Dispose();

    private EmbeddedEngine Open() => EmbeddedEngine.Open(new EmbeddedOptions { DataFolder = _temp.Path }, _time);

    private static async Task<Handle> OpenSessionAsync(EmbeddedEngine engine, ScopeDto scope)
    {
        var fabric = engine.As(Caller.Fabric);
        Assert.True((await fabric.CreateTenantAsync(new CreateTenant("acme"))).IsOk);
        Assert.True((await fabric.CreateAgentAsync("acme", new CreateAgent("bot", "backend", [new ScopeDto("*")]))).IsOk);
        Assert.True((await fabric.OpenSessionAsync("acme", new OpenSession("bot", "mail", [scope]))).IsOk);
        return Assert.Single(engine.Ledger.World.Quotas).Key;
    }
}
