namespace Fabric.Core.Leases;

/// <summary>
/// The checks of one edge that the fabric answered with an allow, as far as they still stand. Answers come by the thousand, so those of
/// a tenth of a second are one: with the first one's head and the last one's time, which can only make a receipt wait longer.
/// </summary>
internal sealed class AnswerWindow
{
    private static readonly TimeSpan Together = LeaseTerms.AnswerValid / 10;

    private readonly Queue<(TimeSpan From, Exposure Exposure)> _closed = new(2);
    private (TimeSpan From, Exposure Exposure)? _open;

    /// <summary>Whether any check was answered, ever.</summary>
    public bool WasNoted => _open is not null;

    /// <summary>Notes an answered check.</summary>
    public void Note(Exposure answered, TimeSpan now)
    {
        while (_closed.TryPeek(out var first) && !first.Exposure.Lives(LeaseTerms.AnswerValid, now))
        {
            _closed.Dequeue();
        }

        if (_open is { } open && answered.At - open.From < Together)
        {
            var both = new Exposure(Later(open.Exposure.At, answered.At), Math.Min(open.Exposure.Head, answered.Head));
            _open = (open.From, both);
            return;
        }

        if (_open is { } done)
        {
            _closed.Enqueue(done);
        }

        _open = (answered.At, answered);
    }

    /// <summary>The exposure that lives and has the lowest head: what a revocation above that waits for.</summary>
    public Exposure LowestLiving(TimeSpan now)
    {
        var lowest = _open is { } open && open.Exposure.Lives(LeaseTerms.AnswerValid, now) ? open.Exposure : Exposure.None;
        foreach (var (_, exposure) in _closed)
        {
            lowest = exposure.Head < lowest.Head && exposure.Lives(LeaseTerms.AnswerValid, now) ? exposure : lowest;
        }

        return lowest;
    }

    /// <summary>The exposure that a revocation must outwait: the last one decided before it.</summary>
    public Exposure LastBefore(ulong revision)
    {
        var last = _open is { } open && open.Exposure.Head < revision ? open.Exposure : Exposure.None;
        foreach (var (_, exposure) in _closed)
        {
            last = exposure.Head < revision && (last == Exposure.None || exposure.At > last.At) ? exposure : last;
        }

        return last;
    }

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a >= b ? a : b;
}
