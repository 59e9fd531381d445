namespace Fabric.LoadTests.Compare.Peers;

/// <summary>What the naive design on Orleans is called in both builds.</summary>
internal static class NaiveName
{
    /// <summary>Its name for `--only`.</summary>
    public const string Text = "naive-orleans";
}

/// <summary>Stands for it in the build without the cluster engine.</summary>
internal sealed class AbsentNaivePeer : IPeer
{
    public string Name => NaiveName.Text;

    public string? Missing => "this build has no cluster engine (FabricEngine=Orleans)";

    public Task MeasureAsync(Comparison on) => throw new LoadException(Missing!);
}
