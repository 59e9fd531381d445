using System.Security.Cryptography;
using Fabric.Client.Edges;
using Fabric.Contracts.Audit;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;
using Fabric.Testing;

namespace Fabric.Client.Tests.Edges;

/// <summary>A fabric that does what a test says, with one tenant, time by hand, and a view whose lease stands where the test puts it.</summary>
internal sealed class FakeSource : IEdgeSource, ICheckView, IEdgeUplink
{
    public static readonly ToolCall Reading = new("airline", "read", "reservation/A1", ActionClass.Read);
    public static readonly ToolCall Writing = Reading with { Action = "update", Class = ActionClass.Write };
    public static readonly ToolCall Destroying = Reading with { Action = "cancel", Class = ActionClass.Destructive };

    private readonly TokenSigner _signer;
    private Func<ulong, int>? _applied;
    private ulong _ids;

    public FakeSource()
    {
        Clock = new EdgeClock(Time);
        (_signer, Key) = MakeKey("acme-1");
        Keys.Add(Key);
        LeaseMomentMs = Clock.SentMs;
    }

    public ManualTimeProvider Time { get; } = new();

    public EdgeClock Clock { get; }

    public VerificationKey Key { get; }

    public RevocationIndex Index { get; } = new(7);

    public KeyRing Keys { get; } = new();

    public long LeaseMomentMs { get; set; }

    public bool IsReady { get; set; } = true;

    public Handle GuardedTenant => Key.TenantHandle;

    public ICheckView View => this;

    public IEdgeUplink Uplink => this;

    public Func<string, ToolCall, CancellationToken, ValueTask<Outcome<FabricAnswer>>> OnCheck { get; set; } = (_, _, _) => new(Away);

    public Func<Handle, long, ValueTask<Outcome<QuotaUnits>>> OnTakeQuota { get; set; } = (_, _) => new(Away);

    public Func<string, ValueTask<Outcome<VerificationKey?>>> OnFetchKey { get; set; } = _ => new((VerificationKey?)null);

    /// <summary>Whether fetched keys come into the view; not so when a new connection has made it forget them since.</summary>
    public bool TakesKeys { get; set; } = true;

    public Func<UsageReport, ValueTask<Outcome<ulong>>> OnReport { get; set; } = _ => new(1UL);

    public List<QuotaReturn> Returned { get; } = [];

    public bool Stopped { get; private set; }

    public static Rejection Away { get; } = new(Codes.CheckUnavailable, "fabric", "the fabric is away");

    public static FakeSource Make() => new();

    public static (TokenSigner Signer, VerificationKey Key) MakeKey(string kid)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = ecdsa.ExportParameters(includePrivateParameters: true);
        return (new TokenSigner(kid, key.Q.X, key.Q.Y, key.D), new VerificationKey(kid, "acme", new Handle(1, 1), key.Q.X, key.Q.Y, Instant.Never));
    }

    public Edge Start(Action<FabricEdgeOptions>? configure = null)
    {
        var options = new FabricEdgeOptions { Name = "edge-1" };
        configure?.Invoke(options);
        var edge = new Edge(this, options, Clock);
        edge.Start();
        return edge;
    }

    public TokenClaims Claims(params ScopeEntry[] scopes)
    {
        var (id, now) = (++_ids, Instant.From(Time.GetUtcNow()));
        return new TokenClaims
        {
            Issuer = "https://fabric.example",
            Tenant = "acme",
            Subject = "mia",
            ClientId = "billing",
            SessionId = id,
            CredentialId = id,
            IssuedAt = now,
            ExpiresAt = now + TimeSpan.FromMinutes(10),
            Audience = "tools",
            Lineage = new Lineage([new(NodeKind.Tenant, Key.TenantHandle, 1), new(NodeKind.Session, new Handle(4, id), 1), new(NodeKind.Credential, new Handle(5, id), 1)]),
            Scopes = ScopeSet.Create(scopes.Length == 0 ? [new ScopeEntry("*", "*", "*")] : scopes).Value,
        };
    }

    public string Issue(TokenClaims? claims = null, TokenSigner? signer = null) => (signer ?? _signer).MakeToken(claims ?? Claims()).Value;

    /// <summary>Revokes the tenant's key as the feed does, and tells the edge. Answers how many calls it cancelled.</summary>
    public int RevokeKey()
    {
        Keys.Add(Key.Revoked());
        Index.AdvanceTo(Index.Revision + 1);
        return _applied!(Index.Revision);
    }

    /// <summary>Forgets the tenant's key as a new connection does, and tells the edge. Answers how many calls it cancelled.</summary>
    public int ForgetKey()
    {
        Keys.Remove(Key.Kid);
        return _applied!(Index.Revision);
    }

    /// <summary>Applies a record as the feed does, and tells the edge. Answers how many calls it cancelled.</summary>
    public int Revoke(LineageNode node, Instant lockedUntil = default)
    {
        var floor = lockedUntil == default ? IndexRecord.Terminal : 0;
        Index.Apply(new IndexRecord(node.Handle, node.Kind, floor, lockedUntil, Instant.Never), Index.Revision + 1);
        return _applied!(Index.Revision);
    }

    public void Advance(double seconds, bool renew = true)
    {
        Time.Advance(TimeSpan.FromSeconds(seconds));
        LeaseMomentMs = renew ? Clock.SentMs : LeaseMomentMs;
    }

    public void Reach(ulong revision)
    {
        Index.AdvanceTo(revision);
        _applied!(revision);
    }

    public void Start(Func<ulong, int> applied) => _applied = applied;

    public Task StopAsync(CancellationToken cancellation)
    {
        Stopped = true;
        LeaseMomentMs = ICheckView.NoLease;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => default;

    public ValueTask<Outcome<FabricAnswer>> CheckAsync(
        string token, ToolCall call, string? environment, string? audience, ulong minRevision, string? proofKey, CancellationToken cancellation) => OnCheck(token, call, cancellation);

    public ValueTask<Outcome<QuotaUnits>> TakeQuotaAsync(Handle quota, long want, CancellationToken cancellation) => OnTakeQuota(quota, want);

    public ValueTask ReturnQuotaAsync(QuotaReturn units, CancellationToken cancellation)
    {
        lock (Returned)
        {
            Returned.Add(units);
        }

        return default;
    }

    public async ValueTask<Outcome<VerificationKey?>> FetchKeyAsync(string kid, CancellationToken cancellation)
    {
        var fetched = await OnFetchKey(kid);
        if (fetched is { IsOk: true, Value: { } key } && TakesKeys)
        {
            Keys.Add(key);
        }

        return fetched;
    }

    public ValueTask<Outcome<ulong>> ReportUsageAsync(UsageReport report, CancellationToken cancellation) => OnReport(report);
}
