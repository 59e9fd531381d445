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
using Fabric.Engine.Notes;

namespace Fabric.Silo.Tests;

/// <summary>Another engine, but for what a test has answered instead.</summary>
internal sealed class RelayedEngine(IFabricEngine inner) : IFabricEngine
{
    private INoteStore? _notes;

    /// <summary>What is answered in place of the fabric (<see cref="RelayedFabric.Make"/>).</summary>
    public Func<string, object?> Instead { get; set; } = _ => null;

    /// <summary>What happens when it is to catch up with others.</summary>
    public Func<Rejection?> CatchingUp { get; set; } = () => null;

    public INoteStore Notes { get => _notes ?? inner.Notes; set => _notes = value; }

    public RevocationIndex Index => inner.Index;

    public KeyRing Keys => inner.Keys;

    public FeedHub Feed => inner.Feed;

    public EngineHealth Health => inner.Health;

    public HostSecrets HostSecrets => inner.HostSecrets;

    public IFabric As(Caller caller) => RelayedFabric.Make(inner.As(caller), method => Instead(method));

    public ValueTask<Rejection?> CatchUpAsync(CancellationToken cancellation = default) => new(CatchingUp());

    public Outcome<Caller> Authenticate(ReadOnlySpan<char> presented) => inner.Authenticate(presented);

    public Outcome<TenantSignature> Sign(string tenant, Func<string, byte[]> input) => inner.Sign(tenant, input);

    public Outcome<Caller> AuthenticateAgent(string tenant, string agent, Func<IReadOnlyList<AgentKey>, bool> isProven) => inner.AuthenticateAgent(tenant, agent, isProven);

    public SignInStanding SignInOf(string tenant, string user) => inner.SignInOf(tenant, user);

    public IReadOnlyList<string> UsersCalled(string tenant, string name) => inner.UsersCalled(tenant, name);

    public Outcome<IReadOnlyList<TrustedIssuer>> IssuersOf(string tenant) => inner.IssuersOf(tenant);

    public Outcome<string?> LoginSecretOf(string tenant, TrustedIssuer issuer) => inner.LoginSecretOf(tenant, issuer);

    public TokenStanding Introspect(string token) => inner.Introspect(token);

    public ValueTask<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation = default) => inner.UseOnceAsync(use, cancellation);

    public ValueTask<Outcome<QuotaGrant>> TakeQuotaAsync(Handle quota, string drawer, long want, CancellationToken cancellation = default) => inner.TakeQuotaAsync(quota, drawer, want, cancellation);

    public ValueTask ReturnQuotaAsync(Handle quota, string drawer, long units, long window, CancellationToken cancellation = default) =>
        inner.ReturnQuotaAsync(quota, drawer, units, window, cancellation);

    /// <summary>The other engine is who made it's to end.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
