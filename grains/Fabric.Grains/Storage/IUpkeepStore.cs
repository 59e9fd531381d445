using Fabric.Core.Common;

namespace Fabric.Grains.Storage;

/// <summary>What one silo of the cluster does for all at a time.</summary>
internal interface IUpkeepStore
{
    /// <summary>The turn, held until disposed or the silo dies; null: another silo is at it.</summary>
    Task<UpkeepTurn?> TryTurnAsync(CancellationToken cancellation);

    /// <summary>Drops what can matter no more at a moment.</summary>
    Task TrimAsync(Instant now, ClusterOptions options, CancellationToken cancellation);
}

/// <summary>The turn of one silo, with the store's clock at its beginning.</summary>
internal sealed class UpkeepTurn(Instant now, IAsyncDisposable held) : IAsyncDisposable
{
    internal Instant Now { get; } = now;

    public ValueTask DisposeAsync() => held.DisposeAsync();
}
