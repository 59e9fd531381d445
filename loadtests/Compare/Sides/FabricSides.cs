using Fabric.LoadTests.Scenarios;

namespace Fabric.LoadTests.Compare.Sides;

/// <summary>What Fabric does in the pairs: checks at an edge in this process, and a host with edges in processes of their own. Each is started when it is asked for.</summary>
/// <param name="run">The run.</param>
/// <param name="trees">Users above so many credentials each, for cascades.</param>
internal sealed class FabricSides(ScenarioRun run, IReadOnlyList<int> trees) : IAsyncDisposable
{
    private EdgeChecks? _checks;
    private ServedSide? _served;

    /// <summary>Checks at an edge in this process.</summary>
    public async Task<EdgeChecks> ChecksAsync() => _checks ??= await EdgeChecks.StartAsync(run);

    /// <summary>The durable embedded host in a process of its own.</summary>
    public async Task<ServedSide> ServedAsync() => _served ??= await ServedSide.StartAsync(run, trees);

    /// <summary>The place of the tree with so many credentials.</summary>
    public int TreeOf(int credentials) => trees.Index().First(each => each.Item == credentials).Index;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_served is not null)
        {
            await _served.DisposeAsync();
        }

        if (_checks is not null)
        {
            await _checks.DisposeAsync();
        }
    }
}
