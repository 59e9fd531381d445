using Fabric.Core.Common;
using Npgsql;

namespace Fabric.Grains;

/// <content>Finding out what other silos have done.</content>
public sealed partial class ClusterEngine
{
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async ValueTask<Rejection?> CatchUpAsync(CancellationToken cancellation = default)
    {
        using var limit = new CancellationTokenSource(CatchUpPatience, Parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await Parts.Relay.WaitAsync(await Reads.HeadAsync(either.Token).ConfigureAwait(false), either.Token).ConfigureAwait(false);
            return null;
        }
        catch (NpgsqlException)
        {
            return new Rejection(Codes.StorageUnavailable, "database", "the database does not answer: what was done at other silos cannot be known");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Rejection(Codes.CheckUnavailable, "feed", "this silo is behind: ask again");
        }
    }
}
