using Fabric.Contracts.Common;
using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Engine.Wire;

/// <summary>Nodes between their wire form and the domain's.</summary>
public static class NodeWire
{
    /// <summary>The node of a wire form; refusal `request.invalid_field`.</summary>
    public static Outcome<NodeRef> Read(NodeDto? node)
    {
        if (node is null)
        {
            return new Rejection(Codes.InvalidField, "node", "a node is required");
        }

        if (Names.CheckId("node.tenant", node.Tenant) is { } bad)
        {
            return bad;
        }

        var kind = KindOf(node.Kind);
        return kind switch
        {
            NodeKind.Tenant when node.Id is null || node.Id == node.Tenant => new NodeRef(kind, node.Tenant, node.Tenant),
            NodeKind.Tenant => new Rejection(Codes.InvalidField, "node.id", "a tenant's id is its `tenant`"),
            NodeKind.User or NodeKind.Agent => Names.CheckId("node.id", node.Id) is { } badId ? badId : new NodeRef(kind, node.Tenant, node.Id!),
            NodeKind.Session or NodeKind.Credential or NodeKind.Trust => Names.ParseId(node.Id) is null
                ? new Rejection(Codes.InvalidField, "node.id", "this kind of node has an id of 32 lower-case hex digits")
                : new NodeRef(kind, node.Tenant, node.Id!),
            _ => new Rejection(Codes.InvalidField, "node.kind", "a node is a `tenant`, `user`, `agent`, `session`, `credential` or `trust`"),
        };
    }

    /// <summary>The wire form of a node.</summary>
    public static NodeDto Write(NodeRef node) =>
        new(NameOf(node.Kind), node.Tenant ?? "", node.Kind == NodeKind.Tenant ? null : node.Id);

    /// <summary>The kind of a wire name; <see cref="NodeKind.None"/> when there is none.</summary>
    public static NodeKind KindOf(string? name) => name switch
    {
        "tenant" => NodeKind.Tenant,
        "user" => NodeKind.User,
        "agent" => NodeKind.Agent,
        "session" => NodeKind.Session,
        "credential" => NodeKind.Credential,
        "trust" => NodeKind.Trust,
        _ => NodeKind.None,
    };

    /// <summary>The wire name of a kind; `fabric` for none.</summary>
    public static string NameOf(NodeKind kind) => kind switch
    {
        NodeKind.Tenant => "tenant",
        NodeKind.User => "user",
        NodeKind.Agent => "agent",
        NodeKind.Session => "session",
        NodeKind.Credential => "credential",
        NodeKind.Trust => "trust",
        _ => "fabric",
    };
}
