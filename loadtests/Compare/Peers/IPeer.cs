namespace Fabric.LoadTests.Compare.Peers;

/// <summary>What people would pick instead.</summary>
internal interface IPeer
{
    /// <summary>Its name, for `--only`.</summary>
    string Name { get; }

    /// <summary>Why it cannot run here, and what to install; null: it can.</summary>
    string? Missing { get; }

    /// <summary>Users above so many credentials that its pairs revoke.</summary>
    IReadOnlyList<int> Trees => [];

    /// <summary>Starts its server, measures its pairs, stops it.</summary>
    Task MeasureAsync(Comparison on);
}
