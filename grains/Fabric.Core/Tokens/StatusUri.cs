using System.Buffers.Text;
using Fabric.Core.Lineages;

namespace Fabric.Core.Tokens;

/// <summary>
/// Where a credential's status is published (draft-ietf-oauth-status-list): `ISSUER/status-lists/LINEAGE`. The lineage is in the address, so that nothing has to be
/// allotted or kept for a list, and what it says is what the revocation index says.
/// </summary>
public static class StatusUri
{
    /// <summary>The place of a credential in its list.</summary>
    public const int Index = 0;

    private const string Folder = "/status-lists/";

    /// <summary>The address of a lineage under a tenant's issuer.</summary>
    public static string Of(string issuer, Lineage lineage)
    {
        var bytes = new byte[lineage.Nodes.Length * LineageNode.Size];
        lineage.Write(bytes);
        return issuer + Folder + Base64Url.EncodeToString(bytes);
    }

    /// <summary>The lineage in the last part of an address; null when it is not one of a credential.</summary>
    public static Lineage? LineageOf(string text)
    {
        if (text.Length > Base64Url.GetEncodedLength(Lineage.NodesMax * LineageNode.Size) || !Base64Url.IsValid(text))
        {
            return null;
        }

        var lineage = Lineage.TryRead(Base64Url.DecodeFromChars(text));
        return lineage is { Nodes: [.., { Kind: NodeKind.Credential }] } && Of("", lineage) == Folder + text ? lineage : null;
    }
}
