namespace Fabric.LoadTests.Drills.Reports;

/// <summary>What is drawn: lines or dots over two axes. The same goes into the page and into the JSON.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Across">The quantity across, with its unit.</param>
/// <param name="Up">The quantity upwards, with its unit.</param>
/// <param name="Lines">The lines, at most <see cref="LinesMax"/>.</param>
internal sealed record Plot(string Title, string Across, string Up, IReadOnlyList<PlotLine> Lines)
{
    /// <summary>Lines that have a colour of their own.</summary>
    public const int LinesMax = 8;

    /// <summary>Places across that are marked by an upright line.</summary>
    public IReadOnlyList<PlotMark> Marks { get; init; } = [];

    /// <summary>Whether the axis across is logarithmic.</summary>
    public bool IsLogAcross { get; init; }

    /// <summary>Whether the axis upwards is logarithmic.</summary>
    public bool IsLogUp { get; init; }

    /// <summary>How it is to be read.</summary>
    public string Caption { get; init; } = "";
}

/// <summary>One line of a plot, or, with <paramref name="IsDots"/>, points by themselves.</summary>
internal sealed record PlotLine(string Name, IReadOnlyList<(double X, double Y)> Points, bool IsDots = false);

/// <summary>A marked place.</summary>
internal sealed record PlotMark(string Name, double X);
