using Fabric.Conformance.Suite;
using Fabric.Contracts.Revocations;
using Fabric.Core.Common;
using Fabric.Embedded;
using Fabric.Engine;

namespace Fabric.Conformance.Embedded;

/// <summary>The suite on the embedded engine, and what only an engine with a data folder of its own can show.</summary>
public sealed class EmbeddedEngineSuite : EngineSuite
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"fabric-conformance-{Guid.NewGuid():n}");
    private EmbeddedEngine? _engine;

    [Fact]
    [Trait("Invariant", "D1")]
    public async Task Everything_acknowledged_is_there_after_a_restart()
    {
        var session = await Scene.OpenAsync();
        var (dead, alive) = (await Scene.IssueAsync(session.Id), await Scene.IssueAsync(session.Id));
        Scene.Ok(await Scene.Admin.RevokeAsync(new RevokeRequest(Tenant: Scene.Tenant, Credentials: [dead.Id])));
        var revision = _engine!.Feed.Head;

        await _engine.DisposeAsync();
        var again = _engine = Open();
        Assert.Equal(revision, again.Feed.Head);
        var edge = again.As(new Caller(Role.EnforcementPoint, null, "edge"));
        Assert.Equal(Codes.CredentialRevoked, Scene.Ok(await edge.CheckAsync(new(dead.Token, "flights.search", "call"))).Code);
        Assert.True(Scene.Ok(await edge.CheckAsync(new(alive.Token, "flights.search", "call"))).Allowed);
        var admin = again.As(new Caller(Role.TenantAdmin, Scene.Tenant, "ada"));
        Assert.Equal(2, Scene.Ok(await admin.GetSessionAsync(session.Id)).CredentialsIssued);
        Assert.Equal("confirmed", Scene.Ok(await admin.RevokeAsync(new(new("user", Scene.Tenant, Scene.User), Wait: "confirmed"))).State);
    }

    protected override Task<IFabricEngine> OpenAsync()
    {
        _engine = Open();
        return Task.FromResult<IFabricEngine>(_engine);
    }

    protected override async Task CloseAsync()
    {
        await _engine!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private EmbeddedEngine Open() => EmbeddedEngine.Open(new EmbeddedOptions { DataFolder = _folder });
}
