namespace Fabric.Embedded.Storage;

/// <summary>
/// Where a journal is damaged. Everything before <paramref name="Sequence"/> is whole; from there on nothing can be vouched for.
/// <paramref name="RowId"/> is the row of table `batch` (its first sequence number); <paramref name="LostThrough"/> is the last sequence
/// number known to have been acknowledged, or 0 when that is not known.
/// </summary>
public sealed record JournalDamage(ulong Sequence, long RowId, ulong LostThrough, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"damaged at sequence {Sequence} (table batch, row {RowId}): {Reason}"
        + (LostThrough >= Sequence ? $"; acknowledged records {Sequence} to {LostThrough} are affected" : "");
}
