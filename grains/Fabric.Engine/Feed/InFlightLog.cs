using Fabric.Contracts.Revocations;

namespace Fabric.Engine.Feed;

/// <summary>Which calls enforcement points had begun when a revocation reached them, as they reported. The newest <see cref="Max"/> reports (B1). Needs the hub's lock.</summary>
internal sealed class InFlightLog
{
    private const int Max = 1_024;

    private readonly Queue<(string Edge, ulong From, ulong To, int Calls)> _reports = new();

    /// <summary>Notes that an edge cancelled calls while it applied the revisions after <paramref name="from"/> up to <paramref name="to"/>.</summary>
    public void Note(string edge, ulong from, ulong to, int calls)
    {
        if (calls == 0)
        {
            return;
        }

        _reports.Enqueue((edge, from, to, calls));
        if (_reports.Count > Max)
        {
            _reports.Dequeue();
        }
    }

    /// <summary>The reports that cover a revision. An edge that applied several at once reports their sum for each.</summary>
    public IReadOnlyList<InFlightCalls> Of(ulong revision)
    {
        List<InFlightCalls>? found = null;
        foreach (var (edge, from, to, calls) in _reports)
        {
            if (from < revision && revision <= to)
            {
                (found ??= []).Add(new InFlightCalls(edge, calls));
            }
        }

        return found is null ? [] : found;
    }
}
