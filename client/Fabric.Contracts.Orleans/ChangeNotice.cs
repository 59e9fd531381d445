namespace Fabric.Contracts.Orleans;

/// <summary>
/// An item of the cluster's stream of changes: the change stream goes up to <paramref name="Sequence"/>, and the enforcement feed to <paramref name="Revision"/>. It says that there is
/// something to read, and carries none of it: what changed is read through <see cref="IChangeGateGrain"/>, which asks who reads. A notice that is lost is made good by the next one.
/// </summary>
[GenerateSerializer, Immutable, Alias("fabric.change-notice")]
public readonly record struct ChangeNotice([property: Id(0)] long Sequence, [property: Id(1)] ulong Revision)
{
    /// <summary>The stream provider, on silos and clients.</summary>
    public const string Provider = "fabric";

    /// <summary>The one stream: all changes of the cluster.</summary>
    public static StreamId Stream { get; } = StreamId.Create("fabric.changes", "all");
}
