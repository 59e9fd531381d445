using Fabric.Core.Agents;
using Fabric.Core.Common;
using Fabric.Core.Credentials;
using Fabric.Core.Index;
using Fabric.Core.Issuers;
using Fabric.Core.Journal;
using Fabric.Core.Keys;
using Fabric.Core.Lineages;
using Fabric.Core.Nodes;
using Fabric.Core.Quotas;
using Fabric.Core.Scopes;
using Fabric.Core.Sessions;
using Fabric.Core.Tenants;
using Fabric.Core.Trust;
using Fabric.Core.Users;

namespace Fabric.Core.Tests.Journal;

/// <summary>One event of every kind, with every field set to something that tells it from its neighbours.</summary>
internal static class EventSamples
{
    private static readonly UInt128 Id = new(0x0123456789abcdef, 0xfedcba9876543210);
    private static readonly Handle Handle = new(0x1111111111111111, 0x2222222222222222);
    private static readonly Instant At = new(1_790_000_000_123);
    private static readonly byte[] Bytes32 = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private static readonly ScopeSet Scopes = ScopeSet.Create(
        [new ScopeEntry("mail", "send", "to/*", new ScopeConstraints(true, 5, new CallRate(10, 60), "prod", At), [new QuotaRef(Handle, 5, 0)])]).Value;

    internal static IReadOnlyList<FabricEvent> All { get; } =
    [
        new NodeRevoked(new NodeRef(NodeKind.User, "acme", "mia"), Handle, IndexRecord.Terminal, At, "offboarded", "left", Id),
        new NodeLocked(new NodeRef(NodeKind.Agent, "acme", "bot"), Handle, At, "look"),
        new NodeUnlocked(new NodeRef(NodeKind.Tenant, "acme", "acme"), Handle, "fine"),
        new TenantCreated("acme", "Acme", TenantLimits.Default, true),
        new TenantAmended("acme", "Acme 2", TenantLimits.Default with { DelegationDepth = 3 }, false),
        new UserRegistered("acme", "mia", "Mia", ["a", "b"]),
        new UserAmended("acme", "mia", "Mia L", []),
        new UserSignInSet("acme", "mia", new UserSignIn(Bytes32, Bytes32, 600_000, true)),
        new AgentRegistered("acme", "bot", AgentKind.Shared, "Bot", "mia", "prod", Scopes, At, true, Bytes32),
        new AgentSecretRotated("acme", "bot", Bytes32),
        new AgentKeysSet("acme", "bot", [new AgentKey("a1", Bytes32, Bytes32)]),
        new AgentRedirectsSet("acme", "bot", ["https://app.example/cb", "http://127.0.0.1/cb"]),
        new AgentTransferred("acme", "bot", "omar"),
        new AgentReviewed("acme", "bot", At),
        new TrustProposed(Id, "acme", "globex", Scopes, At),
        new TrustAccepted(Id, "acme", "globex"),
        new IssuerTrusted("acme", new TrustedIssuer(
            "ci", IssuerKind.Workload, "https://ci.example", "https://ci.example/keys", null, ["https://fabric.example/tenants/acme"], ["ES256", "RS256"], "sub",
            [new SubjectRule("repo:acme/app:ref:refs/heads/*", "deployer")], false, true)),
        new IssuerDistrusted("acme", "ci"),
        new SessionOpened(
            Id, "acme", "bot", "acme", "mia", "find", Scopes, new Lineage([new LineageNode(NodeKind.Tenant, Handle, 2), new LineageNode(NodeKind.Session, Handle, 1)]),
            "agent:bot@acme", SessionStatus.Requested, At, 3_600_000, Id, 2),
        new SessionOpened(
            Id, "acme", "bot", "acme", "mia", "find", Scopes, new Lineage([new LineageNode(NodeKind.Tenant, Handle, 2), new LineageNode(NodeKind.Session, Handle, 1)]),
            "agent:bot@acme", SessionStatus.Requested, At, 3_600_000, Id, 2)
        {
            Binding = new SessionBinding("https://mail.example", null),
        },
        new SessionApproved(Id, "acme", "approver:jane@acme", null, At),
        new SessionEnded(Id, "acme", SessionStatus.Completed, "completed"),
        new CredentialsIssued(Id, "acme", [Id, Id + 1], At, Id, [new QuotaRef(Handle, 7, 1000)]),
        new CredentialsRevoked("acme", [Id], At, "leak", Id),
        new QuotaDrawn(Handle, 3, 9, 12),
        new QuotaReturned(Handle, 1, 9, 11),
        new QuotaDrawn(Handle, 3, 9, 12, "enforcement_point:gw@acme/e1", 4),
        new QuotaReturned(Handle, 1, 9, 11, "enforcement_point:gw@acme/e1", 3),
        new SigningKeyAdded("acme", "k1", Bytes32, Bytes32, Bytes32),
        new SigningKeyRetired("acme", "k1", At),
        new SigningKeyRevoked("acme", "k1", "stolen", At),
        new ApiKeyMade("0011", 2, "ada", "acme", Instant.Never, Bytes32),
        new ApiKeyRevoked("0011", null),
        new BestEffortGranted("0011", "acme", 60_000),
    ];
}
