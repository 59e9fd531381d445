namespace Fabric.Embedded.Engine;

/// <summary>The newest usage reports that were taken, so that one sent again is not counted again. Bounded.</summary>
internal sealed class UsageReports
{
    private const int CountMax = 100_000;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    internal bool IsNew(string name)
    {
        lock (_gate)
        {
            if (!_known.Add(name))
            {
                return false;
            }

            _order.Enqueue(name);
            if (_order.Count > CountMax)
            {
                _known.Remove(_order.Dequeue());
            }

            return true;
        }
    }
}
