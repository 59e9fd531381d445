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
using Fabric.Engine.Commands;
using Fabric.Engine.Feed;
using Fabric.Engine.Notes;

namespace Fabric.Silo.Tests;

/// <summary>An engine whose secrets are `ROLE` or `ROLE@TENANT`.</summary>
internal sealed class StubEngine : IFabricEngine
{
    public StubEngine(ulong revision = 0) => Feed = new FeedHub(Index, Keys, new FeedStart(1, revision));

    public ConcurrentQueue<string> Calls { get; } = new();

    public RevocationIndex Index { get; } = new(1);

    public KeyRing Keys { get; } = new();

    public FeedHub Feed { get; }

    public EngineHealth Health { get; set; } = new(true, [new HealthPart("storage", true, null)]);

    public INoteStore Notes { get; } = new StubNotes();

    public HostSecrets HostSecrets { get; } = new(new KeySealer(new byte[KeySealer.KeySize]));

    /// <summary>What a method answers; unless told otherwise a refusal.</summary>
    public Func<MethodInfo, object?[], object> Answer { get; set; } = (method, _) => StubFabric.Refuse(method.ReturnType.GetGenericArguments()[0]);

    public IFabric As(Caller caller) => StubFabric.Make((method, arguments) =>
    {
        // What the host does by itself, now and then, nobody has called for.
        if (caller != Caller.Fabric)
        {
            Calls.Enqueue(method.Name);
        }
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

    /// <summary>How every token stands.</summary>
    public TokenStanding Standing { get; set; } = new(null, StubFabric.Answer.Code);

    /// <summary>What happens while the engine catches up with others.</summary>
    public Func<Rejection?> CatchingUp { get; set; } = () => null;

    public TokenStanding Introspect(string token) => Standing;

    public ValueTask<Rejection?> CatchUpAsync(CancellationToken cancellation = default) => new(CatchingUp());

    public SignInStanding SignInOf(string tenant, string user) => SignInStanding.Refused(StubFabric.Answer);

    public IReadOnlyList<string> UsersCalled(string tenant, string name) => [];

    public Outcome<IReadOnlyList<TrustedIssuer>> IssuersOf(string tenant) => StubFabric.Answer;

    public Outcome<string?> LoginSecretOf(string tenant, TrustedIssuer issuer) => StubFabric.Answer;

    public ValueTask<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation = default) => new(StubFabric.Answer);

    public ValueTask<Outcome<QuotaGrant>> TakeQuotaAsync(Handle quota, string drawer, long want, CancellationToken cancellation = default) => new(StubFabric.Answer);

    public ValueTask ReturnQuotaAsync(Handle quota, string drawer, long units, long window, CancellationToken cancellation = default) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => Feed.DisposeAsync();
}

/// <summary>Remembers nothing.</summary>
internal sealed class StubNotes : INoteStore
{
    public ValueTask<Outcome<Note?>> FindAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default) => new(StubFabric.Answer);

    public ValueTask<Outcome<IReadOnlyList<Note>>> ListAsync(string tenant, string kind, string subject, int most, CancellationToken cancellation = default) => new(StubFabric.Answer);

    public ValueTask<Rejection?> AddAsync(Note note, NoteLimits limits, CancellationToken cancellation = default) => new(StubFabric.Answer);

    public ValueTask<Outcome<Note?>> ReplaceAsync(Note note, CancellationToken cancellation = default) => new(StubFabric.Answer);

    public ValueTask<Outcome<bool>> RemoveAsync(string tenant, string kind, UInt128 name, CancellationToken cancellation = default) => new(StubFabric.Answer);
}
