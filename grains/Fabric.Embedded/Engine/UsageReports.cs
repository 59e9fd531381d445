namespace Fabric.Embedded.Engine;

/// <summary>The newest usage reports and how much of each was taken, so that one sent again is not counted again. Bounded.</summary>
internal sealed class UsageReports
{
    private const int CountMax = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>Begins a report: answers how many of its lines were taken before, all of them (<see cref="int.MaxValue"/>) unless it was stopped.</summary>
    internal int Begin(string name)
    {
        lock (_gate)
        {
            if (_taken.TryGetValue(name, out var lines))
            {
                _taken[name] = int.MaxValue;
                return lines;
            }

            _taken.Add(name, int.MaxValue);
            _order.Enqueue(name);
            if (_order.Count > CountMax)
            {
                _taken.Remove(_order.Dequeue());
            }

            return 0;
        }
    }

    /// <summary>The store took no more than the first <paramref name="lines"/>: the report may come again.</summary>
    internal void Stopped(string? name, int lines)
    {
        lock (_gate)
        {
            if (name is not null && _taken.ContainsKey(name))
            {
                _taken[name] = lines;
            }
        }
    }
}
