using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Checks;
using Fabric.Core.Common;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;
using Fabric.Core.Tokens;

namespace Fabric.Core.Tests.Checks;

/// <summary>A fabric in small: tenants with keys, tokens, an index, and a pipeline over them, with time by hand.</summary>
internal sealed class CheckFixture : ICheckView, ICheckClock
{
    public static readonly Instant Start = new(1_900_000_000_000);
    public static readonly ToolCall Reading = new("airline", "read", "reservation/A1", ActionClass.Read);
    public static readonly ToolCall Writing = Reading with { Action = "update", Class = ActionClass.Write };
    public static readonly ToolCall Destroying = Reading with { Action = "cancel", Class = ActionClass.Destructive };

    private static readonly Dictionary<string, (TokenSigner Signer, VerificationKey Key)> Tenants = new[] { "acme", "globex" }.ToDictionary(
        tenant => tenant, tenant => MakeKey($"{tenant}-1", tenant), StringComparer.Ordinal);

    private ulong _ids;

    public CheckFixture(CheckRules? rules = null, CheckLimits? limits = null, int linesMax = UsageWindow.DefaultLinesMax)
    {
        Rules = rules ?? CheckRules.Default;
        Usage = new UsageWindow(linesMax);
        foreach (var (_, key) in Tenants.Values)
        {
            Assert.Null(Keys.Add(key));
        }

        Pipeline = new CheckPipeline(this, this, new byte[CheckPipeline.SecretSize], Quotas, Usage, limits);
    }

    public CheckPipeline Pipeline { get; }

    public CheckRules Rules { get; set; }

    public QuotaSlices Quotas { get; } = new();

    public UsageWindow Usage { get; }

    public RevocationIndex Index { get; set; } = new(7);

    public KeyRing Keys { get; } = new();

    public long LeaseMomentMs { get; set; } = ICheckView.Authority;

    public bool IsReady { get; set; } = true;

    public Handle GuardedTenant { get; set; }

    public CheckMoment Moment { get; set; } = new(Start, 1_000_000);

    /// <summary>Called as the clock is read: a thread of its own would act here.</summary>
    public Action? OnClockRead { get; set; }

    public static (TokenSigner Signer, VerificationKey Key) MakeKey(string kid, string tenant)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = ecdsa.ExportParameters(includePrivateParameters: true);
        return (new TokenSigner(kid, key.Q.X, key.Q.Y, key.D), new VerificationKey(kid, tenant, HandleOf(tenant), key.Q.X, key.Q.Y, Instant.Never));
    }

    public static Handle HandleOf(string tenant) => new(0x7E4A47, (ulong)tenant.Length);

    public static TokenSigner SignerOf(string tenant) => Tenants[tenant].Signer;

    public static VerificationKey KeyOf(string tenant) => Tenants[tenant].Key;

    public static ScopeEntry Entry(
        string tool = "*", string action = "*", string resource = "*", ScopeConstraints? constraints = null, params QuotaRef[] quotas) =>
        new(tool, action, resource, constraints ?? ScopeConstraints.None, quotas);

    public CheckMoment Read()
    {
        OnClockRead?.Invoke();
        return Moment;
    }

    public void Advance(long ms) => Moment = new CheckMoment(Moment.Now + TimeSpan.FromMilliseconds(ms), Moment.MonotonicMs + ms);

    public TokenClaims Claims(string tenant = "acme", params ScopeEntry[] scopes)
    {
        var id = ++_ids;
        return new TokenClaims
        {
            Issuer = "https://fabric.example",
            Tenant = tenant,
            Subject = "mia",
            ClientId = "billing",
            SessionId = id,
            CredentialId = id,
            IssuedAt = Start,
            ExpiresAt = Start + TimeSpan.FromMinutes(10),
            Audience = "tools",
            Lineage = new Lineage(
            [
                new(NodeKind.Tenant, HandleOf(tenant), 1),
                new(NodeKind.User, new Handle(2, id), 1),
                new(NodeKind.Agent, new Handle(3, id), 1),
                new(NodeKind.Session, new Handle(4, id), 1),
                new(NodeKind.Credential, new Handle(5, id), 1),
            ]),
            Scopes = ScopeSet.Create(scopes.Length == 0 ? [Entry()] : scopes).Value,
        };
    }

    public string Issue(TokenClaims? claims = null, string? by = null) =>
        SignerOf(by ?? claims?.Tenant ?? "acme").MakeToken(claims ?? Claims()).Value;

    public Decision Check(string token, ToolCall? call = null, CheckBasis basis = default) => Check(token, out _, call, basis);

    public Decision Check(string token, out CheckNeed need, ToolCall? call = null, CheckBasis basis = default) =>
        Pipeline.Check(token, call ?? Reading, Rules, basis, out need);

    public Decision CheckUtf8(string token, ToolCall? call = null) =>
        Pipeline.Check(Encoding.UTF8.GetBytes(token), call ?? Reading, Rules, CheckBasis.Alone, out _);

    public void Apply(LineageNode node, uint floor = IndexRecord.Terminal, Instant lockedUntil = default) =>
        Index.Apply(new IndexRecord(node.Handle, node.Kind, floor, lockedUntil, Start + TimeSpan.FromHours(1)), Index.Revision + 1);

    public void Allows(string token, ToolCall? call = null)
    {
        Assert.Equal(default, (Check(token, call).Code, CheckUtf8(token, call).Code));
    }

    public void Denies(string code, string token, ToolCall? call = null)
    {
        var decision = Check(token, call);
        Assert.Equal((false, code), (decision.Allowed, decision.Code));
        Assert.Equal(code, CheckUtf8(token, call).Code);
    }
}
