using Fabric.Core.Common;
using Fabric.Core.Lineages;
using Fabric.Core.Scopes;
using Fabric.Core.Sessions;

namespace Fabric.Embedded.Tests.Engine;

internal static class SessionSamples
{
    public static readonly Instant Now = new(1_000_000);

    public static ScopeSet Scopes { get; } = ScopeSet.Create([new ScopeEntry("mail", "send", "outbox/*", new ScopeConstraints(ReadOnly: true), [])]).Value;

    public static Lineage Lineage { get; } = new(
    [
        new LineageNode(NodeKind.Tenant, new Handle(1, 1), 3), new LineageNode(NodeKind.User, new Handle(2, 2), 1),
        new LineageNode(NodeKind.Agent, new Handle(3, 3), 2), new LineageNode(NodeKind.Session, new Handle(4, 4), 1),
    ]);

    public static SessionOpened Opened(UInt128 id) => new(
        id, "acme", "assistant", "acme", "mia", "answer ticket 1", Scopes, Lineage, "user:mia@acme", SessionStatus.Requested, Now + TimeSpan.FromHours(1),
        7_200_000, 5, 1);

    public static SessionState WithId(UInt128 id) => new(Opened(id), Now);
}
