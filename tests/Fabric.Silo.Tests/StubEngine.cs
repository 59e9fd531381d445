using System.Collections.Concurrent;
using System.Reflection;
using Fabric.Contracts;
using Fabric.Core.Agents;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Issuers;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Engine;
using Fabric.Engine.Feed;

namespace Fabric.Silo.Tests;

/// <summary>An engine whose secrets are `ROLE` or `ROLE@TENANT`.</summary>
internal sealed class StubEngine : IFabricEngine
{
    public StubEngine() => Feed = new FeedHub(Index, Keys, new FeedStart(1));

    public ConcurrentQueue<string> Calls { get; } = new();

    public RevocationIndex Index { get; } = new(1);

    public KeyRing Keys { get; } = new();

    public FeedHub Feed { get; }

    public EngineHealth Health { get; set; } = new(true, [new HealthPart("storage", true, null)]);

    /// <summary>What a method answers; unless told otherwise a refusal.</summary>
    public Func<MethodInfo, object?[], object> Answer { get; set; } = (method, _) => StubFabric.Refuse(method.ReturnType.GetGenericArguments()[0]);

    public IFabric As(Caller caller) => StubFabric.Make((method, arguments) =>
    {
        Calls.Enqueue(method.Name);
        return Answer(method, arguments);
    });

    public Outcome<Caller> Authenticate(ReadOnlySpan<char> presented)
    {
        var parts = presented.ToString().Split('@');
        var role = Caller.RoleOf(parts[0]);
        return role == Role.None
            ? new Rejection(Codes.Unauthenticated, "authorization", "no such secret")
            : new Caller(role, parts.Length > 1 ? parts[1] : null, "stub");
    }

    public Outcome<TenantSignature> Sign(string tenant, Func<string, byte[]> input) => StubFabric.Answer;

    public Outcome<Caller> AuthenticateAgent(string tenant, string agent, Func<IReadOnlyList<AgentKey>, bool> isProven) => StubFabric.Answer;

    public Outcome<IReadOnlyList<TrustedIssuer>> IssuersOf(string tenant) => StubFabric.Answer;

    public TokenStanding Introspect(string token) => new(null, StubFabric.Answer.Code);

    public ValueTask<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation = default) => new(StubFabric.Answer);

    public ValueTask<Outcome<QuotaGrant>> TakeQuotaAsync(Handle quota, string drawer, long want, CancellationToken cancellation = default) => new(StubFabric.Answer);

    public ValueTask ReturnQuotaAsync(Handle quota, string drawer, long units, long window, CancellationToken cancellation = default) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => Feed.DisposeAsync();
}
