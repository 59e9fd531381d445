using System.Collections.Concurrent;
using Fabric.Contracts;
using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Silo.Hosting;

namespace Fabric.Silo.Tests;

/// <summary>An engine whose secrets are `ROLE` or `ROLE@TENANT`.</summary>
internal sealed class StubEngine : ISiloEngine
{
    public ConcurrentQueue<string> Calls { get; } = new();

    public EngineHealth Health { get; set; } = new(true, [new HealthPart("storage", true, null)]);

    public IFabric As(Caller caller) => StubFabric.Make(Calls);

    public Outcome<Caller> Authenticate(ReadOnlySpan<char> presented)
    {
        var parts = presented.ToString().Split('@');
        var role = Caller.RoleOf(parts[0]);
        return role == Role.None
            ? new Rejection(Codes.Unauthenticated, "authorization", "no such secret")
            : new Caller(role, parts.Length > 1 ? parts[1] : null, "stub");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
