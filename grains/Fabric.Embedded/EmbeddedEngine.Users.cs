namespace Fabric.Embedded;

public sealed partial class EmbeddedEngine
{
    /// <inheritdoc/>
    public IReadOnlyList<string> UsersCalled(string tenant, string name)
    {
        lock (Ledger.Gate)
        {
            return Ledger.World.Tenant(tenant) is { } entry ? entry.Names.Find(name, entry.Users.ContainsKey) : [];
        }
    }
}
