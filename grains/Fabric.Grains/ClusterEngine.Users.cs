namespace Fabric.Grains;

public sealed partial class ClusterEngine
{
    /// <inheritdoc/>
    public IReadOnlyList<string> UsersCalled(string tenant, string name)
    {
        lock (Parts.Directory.Gate)
        {
            return Parts.Directory.Tenant_NeedsLock(tenant) is { } card ? card.Names.Find(name, card.Users.ContainsKey) : [];
        }
    }
}
