using Fabric.Core.Lineages;

namespace Fabric.Engine.Commands;

/// <summary>The credentials of a revocation, those that the fabric made for the tenant before those that it did not: there may be room for the former alone.</summary>
internal static class KnownFirst
{
    /// <summary>The handle of each id, and how many are this fabric's for this tenant: these are moved to the front of <paramref name="ids"/>, in their order.</summary>
    internal static (Handle[] Handles, int Known) Order(HandleSpace space, string tenant, UInt128[] ids)
    {
        var (handles, unknown) = (new Handle[ids.Length], new List<int>());
        space.OfIds(NodeKind.Credential, space.OfTenant(tenant), ids, handles, unknown);
        if (unknown.Count > 0)
        {
            var strange = new HashSet<int>(unknown);
            int[] order = [.. Enumerable.Range(0, ids.Length).Where(at => !strange.Contains(at)), .. unknown];
            (UInt128[] idsBefore, Handle[] handlesBefore) = ([.. ids], [.. handles]);
            for (var i = 0; i < order.Length; i++)
            {
                (ids[i], handles[i]) = (idsBefore[order[i]], handlesBefore[order[i]]);
            }
        }

        return (handles, ids.Length - unknown.Count);
    }
}
