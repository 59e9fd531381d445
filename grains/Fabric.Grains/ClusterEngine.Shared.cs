using Fabric.Core.Common;
using Fabric.Engine;
using Fabric.Grains.Storage;
using Npgsql;

namespace Fabric.Grains;

/// <content>What silos have in common by the database.</content>
public sealed partial class ClusterEngine
{
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromSeconds(5);

    // What was used at other silos, or before this one started, the database knows.
    private readonly OnceTable _once = new(default);

    /// <summary>
    /// This silo's connections for what callers look up and keep beside the order, closed with the engine; null: there is no database, and what its silos share is in <see cref="Memory"/>.
    /// </summary>
    public NpgsqlDataSource? Queries => (Parts.Store as PostgresStore)?.Queries;

    /// <summary>What the silos of a demonstration share in the place of a database, where nothing is durable; null: there is a database.</summary>
    public ClusterMemory? Memory => Parts.Options.Memory;

    /// <inheritdoc/>
    public HostSecrets HostSecrets => Parts.Signing.HostSecrets;

    /// <inheritdoc/>
    public async ValueTask<Rejection?> UseOnceAsync(SingleUse use, CancellationToken cancellation = default) =>
        _once.Use(use, Parts.Now) ?? await Reads.UseOnceAsync(use, cancellation).ConfigureAwait(false);

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
