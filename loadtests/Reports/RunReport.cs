using Fabric.LoadTests.Measure;

namespace Fabric.LoadTests.Reports;

/// <summary>What one run of a scenario found. Safe for any number of threads.</summary>
internal sealed class RunReport(string scenario, MachineInfo machine)
{
    private const int BrokenMax = 100;

    private readonly Lock _changes = new();
    private readonly List<Metric> _metrics = [];
    private readonly List<string> _broken = [];
    private readonly List<string> _notes = [];

    /// <summary>The scenario's name.</summary>
    public string Scenario { get; } = scenario;

    /// <summary>What it ran on.</summary>
    public MachineInfo Machine { get; } = machine;

    /// <summary>Whether the run had the full size, for which the bars hold.</summary>
    public bool IsFullSize { get; set; } = true;

    /// <summary>All values so far.</summary>
    public IReadOnlyList<Metric> Metrics => Copy(_metrics);

    /// <summary>Every promise that did not hold; the first hundred.</summary>
    public IReadOnlyList<string> PromisesBroken => Copy(_broken);

    /// <summary>How the values are to be read.</summary>
    public IReadOnlyList<string> Notes => Copy(_notes);

    /// <summary>Adds a value.</summary>
    public void Add(string name, double value, string unit)
    {
        lock (_changes)
        {
            _metrics.Add(new Metric(name, value, unit));
        }
    }

    /// <summary>Says that a promise did not hold, which fails the run.</summary>
    public void Broken(string promise)
    {
        lock (_changes)
        {
            if (_broken.Count < BrokenMax)
            {
                _broken.Add(promise);
            }
        }
    }

    /// <summary>Says how a value is to be read.</summary>
    public void Note(string note)
    {
        lock (_changes)
        {
            _notes.Add(note);
        }
    }

    private List<T> Copy<T>(List<T> list)
    {
        lock (_changes)
        {
            return [.. list];
        }
    }
}
