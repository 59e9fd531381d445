namespace Fabric.Grains;

/// <summary>Names in the cluster's configuration.</summary>
internal static class ClusterNames
{
    /// <summary>The grain storage on PostgreSQL.</summary>
    internal const string Storage = "fabric";

    /// <summary>Who follows the stream of changes; Orleans asks for this name.</summary>
    internal const string Subscriptions = "PubSubStore";
}
