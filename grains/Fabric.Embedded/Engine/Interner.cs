namespace Fabric.Embedded.Engine;

/// <summary>One instance of equal values, up to a bound; past it, values are their own instances and the table starts over.</summary>
internal sealed class Interner<T>(int countMax) where T : class
{
    private readonly Dictionary<T, T> _known = [];

    internal T Intern(T value)
    {
        if (_known.TryGetValue(value, out var known))
        {
            return known;
        }

        if (_known.Count >= countMax)
        {
            _known.Clear();
        }

        _known.Add(value, value);
        return value;
    }
}
