using System.Text;
using Fabric.LoadTests.Drills.Reports;
using Fabric.LoadTests.Processes;

namespace Fabric.LoadTests.Drills;

/// <summary>What edges allowed and denied in every 10 ms: as a line of signs for a terminal, and as points for a plot. One thread at a time.</summary>
internal sealed class DenialPicture
{
    /// <summary>Everything that was checked was allowed.</summary>
    public const char AllAllowed = '·';

    /// <summary>Some were allowed, some denied.</summary>
    public const char Mixed = '▒';

    /// <summary>Everything that was checked was denied.</summary>
    public const char AllDenied = '█';

    /// <summary>The edge was not fresh enough to allow anything.</summary>
    public const char Stale = '~';

    /// <summary>Nothing was checked.</summary>
    public const char Nothing = ' ';

    private readonly SortedDictionary<string, SortedDictionary<long, CheckBucket>> _edges = new(StringComparer.Ordinal);

    /// <summary>The edges that were seen, in the order of their names.</summary>
    public IReadOnlyList<string> Edges => [.. _edges.Keys];

    /// <summary>Takes an edge's buckets; one that is known already was counted further meanwhile and is replaced.</summary>
    public void Take(string edge, IEnumerable<CheckBucket> buckets)
    {
        if (!_edges.TryGetValue(edge, out var known))
        {
            _edges.Add(edge, known = []);
        }

        foreach (var bucket in buckets)
        {
            known[bucket.Number] = bucket;
        }
    }

    /// <summary>The last bucket of an edge; 0: there is none.</summary>
    public long LastOf(string edge) => _edges.TryGetValue(edge, out var known) && known.Count > 0 ? known.Keys.Last() : 0;

    /// <summary>An edge's buckets from one to another, a sign each.</summary>
    public string Line(string edge, long from, long to)
    {
        var text = new StringBuilder();
        var known = _edges.GetValueOrDefault(edge);
        for (var number = from; number <= to; number++)
        {
            text.Append(known is not null && known.TryGetValue(number, out var bucket) ? Sign(bucket) : Nothing);
        }

        return text.ToString();
    }

    /// <summary>How much of what an edge checked it denied, in percent, by milliseconds since a moment.</summary>
    public PlotLine Share(string edge, long zeroNs, long from, long to) => new(edge, [.. Between(edge, from, to)
        .Where(bucket => bucket.Allowed + bucket.Denied > 0)
        .Select(bucket => (MsOf(bucket.Number, zeroNs), 100.0 * bucket.Denied / (bucket.Allowed + bucket.Denied)))]);

    /// <summary>How many checks of all edges together were denied in each bucket, by milliseconds since a moment; and how many were allowed.</summary>
    public (PlotLine Denied, PlotLine Allowed) Sums(long zeroNs, long from, long to)
    {
        var sums = _edges.Keys.SelectMany(edge => Between(edge, from, to)).GroupBy(bucket => bucket.Number).OrderBy(group => group.Key)
            .Select(group => (At: MsOf(group.Key, zeroNs), Denied: group.Sum(bucket => bucket.Denied), Allowed: group.Sum(bucket => bucket.Allowed))).ToList();
        return (new PlotLine("denied", [.. sums.Select(sum => (sum.At, (double)sum.Denied))]), new PlotLine("allowed", [.. sums.Select(sum => (sum.At, (double)sum.Allowed))]));
    }

    /// <summary>What the signs mean.</summary>
    public static string Legend => $"{AllAllowed} allowed, {Mixed} some denied, {AllDenied} denied, {Stale} not fresh enough to allow; a sign is 10 ms";

    private IEnumerable<CheckBucket> Between(string edge, long from, long to) =>
        _edges.TryGetValue(edge, out var known) ? known.Values.Where(bucket => bucket.Number >= from && bucket.Number <= to) : [];

    private static double MsOf(long number, long zeroNs) => ((number * ScheduledChecks.BucketNs) - zeroNs) / 1e6;

    private static char Sign(CheckBucket bucket) => bucket switch
    {
        { Allowed: 0, Denied: 0, Stale: 0 } => Nothing,
        { Denied: 0, Stale: 0 } => AllAllowed,
        { Allowed: 0, Denied: > 0 } => AllDenied,
        { Allowed: 0 } => Stale,
        _ => Mixed,
    };
}
