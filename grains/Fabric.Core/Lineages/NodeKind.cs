namespace Fabric.Core.Lineages;

/// <summary>What a lineage node is. The numbers are on the wire and in journals; they never change.</summary>
public enum NodeKind : byte
{
    /// <summary>Not a node.</summary>
    None = 0,
    /// <summary>An organisation.</summary>
    Tenant = 1,
    /// <summary>A human who delegates.</summary>
    User = 2,
    /// <summary>An agent.</summary>
    Agent = 3,
    /// <summary>One task.</summary>
    Session = 4,
    /// <summary>One signed token.</summary>
    Credential = 5,
    /// <summary>An agreement between two tenants along which sessions may be delegated.</summary>
    Trust = 6,
}
