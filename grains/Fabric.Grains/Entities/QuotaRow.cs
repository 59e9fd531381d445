namespace Fabric.Grains.Entities;

/// <summary>What is drawn of a quota, as its grain keeps it. <see cref="Version"/> is the layout's.</summary>
[GenerateSerializer, Alias("fabric.quota-row")]
public sealed class QuotaRow
{
    /// <summary>The layout.</summary>
    [Id(0)]
    public int Version { get; set; } = 1;

    /// <summary>The window that is counted in.</summary>
    [Id(1)]
    public long Window { get; set; }

    /// <summary>Units handed out and not given back.</summary>
    [Id(2)]
    public long Used { get; set; }

    /// <summary>Who holds how many units of the window.</summary>
    [Id(3)]
    public Dictionary<string, long> Held { get; set; } = [];
}
