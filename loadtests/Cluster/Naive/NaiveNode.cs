namespace Fabric.LoadTests.Cluster.Naive;

/// <summary>Walks its subtree with all calls at once. Keys that begin with `bare` keep their state in memory alone.</summary>
internal sealed class NaiveNode([PersistentState("node", NaiveCluster.Storage)] IPersistentState<NaiveState> state) : Grain, INaiveNode
{
    private bool IsBare => this.GetPrimaryKeyString().StartsWith(NaiveCluster.Bare, StringComparison.Ordinal);

    public Task SetAsync(string? parent, string[] children)
    {
        (state.State.Parent, state.State.Children) = (parent, children);
        return WriteAsync();
    }

    public Task<bool> CheckAsync() => state.State switch
    {
        { IsRevoked: true } => Task.FromResult(false),
        { Parent: { } parent } => GrainFactory.GetGrain<INaiveNode>(parent).CheckAsync(),
        _ => Task.FromResult(true),
    };

    public async Task<int> RevokeAsync()
    {
        // The root dies first, its own state before its children's.
        state.State.IsRevoked = true;
        await WriteAsync();
        var below = await Task.WhenAll(state.State.Children.Select(child => GrainFactory.GetGrain<INaiveNode>(child).RevokeAsync()));
        return 1 + below.Sum();
    }

    private Task WriteAsync() => IsBare ? Task.CompletedTask : state.WriteStateAsync();
}
