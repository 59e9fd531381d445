namespace Fabric.Embedded.Engine;

/// <summary>One instance of equal values, up to a bound; past it, values are their own instances and the table starts over.</summary>
internal sealed class Interner<T>(int countMax) where T : class
{
    private readonly Dictionary<T, T> _known = [];

    /// <summary>The instance that equals <paramref name="value"/>; a first one is kept as <paramref name="prepare"/> returns it, which is an equal value too.</summary>
    internal T Intern(T value, Func<T, T>? prepare = null)
    {
        if (_known.TryGetValue(value, out var known))
        {
            return known;
        }

        if (_known.Count >= countMax)
        {
            _known.Clear();
        }

        var kept = prepare is null ? value : prepare(value);
        _known.Add(kept, kept);
        return kept;
    }
}
