using System.Diagnostics.CodeAnalysis;

namespace Fabric.Contracts.Common;

/// <summary>A node in a query string: `tenant/acme`, `user/acme/jane`, `session/acme/0192...`. No id holds a slash.</summary>
public static class NodeText
{
    /// <summary>The text of a node.</summary>
    public static string Format(NodeDto node) => node.Id is null ? $"{node.Kind}/{node.Tenant}" : $"{node.Kind}/{node.Tenant}/{node.Id}";

    /// <summary>Reads a node; false when the text has not two or three non-empty parts. Does not judge kind or ids.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NodeDto? node)
    {
        var parts = text.Split('/', 4);
        node = parts.Length is 2 or 3 && Array.TrueForAll(parts, part => part.Length > 0)
            ? new NodeDto(parts[0], parts[1], parts.Length == 3 ? parts[2] : null)
            : null;
        return node is not null;
    }
}
