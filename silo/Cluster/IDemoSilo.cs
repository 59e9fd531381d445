namespace Fabric.Silo.Cluster;

/// <summary>A silo that plays in the story.</summary>
internal interface IDemoSilo : IAsyncDisposable
{
    /// <summary>Where it serves.</summary>
    Uri Address { get; }

    /// <summary>How long its start took.</summary>
    TimeSpan ReadyAfter { get; }

    /// <summary>What <see cref="KillAsync"/> does to it, in words.</summary>
    string End { get; }

    /// <summary>Ends it without a goodbye.</summary>
    Task KillAsync();
}
