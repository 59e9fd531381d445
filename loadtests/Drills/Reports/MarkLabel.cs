namespace Fabric.LoadTests.Drills.Reports;

/// <summary>Where the name of a marked place stands: in which row above the plot, row 0 right above it, and on which side of its line.</summary>
/// <param name="Name">The name.</param>
/// <param name="At">Where its line stands across.</param>
/// <param name="Row">The row.</param>
/// <param name="IsLeft">Whether it stands left of the line.</param>
internal sealed record MarkLabel(string Name, double At, int Row, bool IsLeft)
{
    /// <summary>Between a name and its line.</summary>
    public const double Gap = 4;

    // A little more than most letters take at the size of the plots' names: a browser may have another font.
    private const double LetterWidth = 6.6;

    /// <summary>From where to where the name goes.</summary>
    public (double From, double To) Span => IsLeft ? (At - Gap - Width, At - Gap) : (At + Gap, At + Gap + Width);

    private double Width => Name.Length * LetterWidth;

    /// <summary>
    /// Places names so that none stands on another, in as few rows as can be: a name goes to the side that has more room, else to the other, else a row up. In the lowest row
    /// no line goes through a name either.
    /// </summary>
    public static IReadOnlyList<MarkLabel> Place(IEnumerable<(string Name, double At)> marks, double left, double right)
    {
        var sorted = marks.OrderBy(mark => mark.At).ToList();
        var placed = new List<MarkLabel>();
        foreach (var (name, at) in sorted)
        {
            var likesLeft = at > (left + right) / 2;
            var choices = Enumerable.Range(0, sorted.Count + 1).SelectMany(row => new[] { likesLeft, !likesLeft }.Select(isLeft => new MarkLabel(name, at, row, isLeft)));
            placed.Add(choices.First(label => label.Fits(placed, left, right) && (label.Row > 0 || !sorted.Exists(other => other.At != at && label.Covers(other.At)))
                || label.Row == sorted.Count));
        }

        return placed;
    }

    private bool Fits(List<MarkLabel> placed, double left, double right) =>
        Span.From >= left && Span.To <= right && placed.TrueForAll(other => other.Row != Row || other.Span.To + Gap <= Span.From || Span.To + Gap <= other.Span.From);

    private bool Covers(double at) => at >= Span.From - 1 && at <= Span.To + 1;
}
