namespace Fabric.LoadTests.Model;

/// <summary>What a small run is made of: so many edges, by themselves or beside other load.</summary>
internal readonly record struct SmallSetup(int Edges, bool IsLoaded)
{
    /// <summary>How a metric names it.</summary>
    public string Key => $"{Edges}_edges_{(IsLoaded ? "loaded" : "calm")}";

    /// <summary>How a reader is told.</summary>
    public override string ToString() => $"{Edges} edges, {(IsLoaded ? "loaded" : "calm")}";
}
