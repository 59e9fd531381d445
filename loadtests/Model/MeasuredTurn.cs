namespace Fabric.LoadTests.Model;

/// <summary>One revocation of a real host, and where its time went. Milliseconds; NaN where that was not measured.</summary>
/// <param name="Round">In which round over all set-ups it was taken.</param>
/// <param name="TotalMs">From the caller's sending until the confirmed receipt was back.</param>
/// <param name="HostMs">At the host, from the record's place in the order until the last acknowledgement was taken in.</param>
/// <param name="CommitMs">The durable commit by itself, as the journal's thread took it: synced to disk.</param>
/// <param name="AppliedMs">From the caller's sending until an edge had applied it: of each edge, the earliest first.</param>
internal sealed record MeasuredTurn(int Round, double TotalMs, double HostMs, double CommitMs, IReadOnlyList<double> AppliedMs)
{
    /// <summary>What neither the commit nor the edges took, which run side by side: the request, the host's own work and the answer. NaN where the commit was not measured.</summary>
    public double RestMs => double.IsNaN(CommitMs) ? double.NaN : Math.Max(0, TotalMs - Math.Max(HostMs, CommitMs));
}
