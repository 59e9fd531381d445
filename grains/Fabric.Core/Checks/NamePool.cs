using System.Collections.Concurrent;

namespace Fabric.Core.Checks;

/// <summary>
/// One string for each name of a tool or action. There are few of those and many lines that hold them: shared, they stay in the processor's caches,
/// where the comparison of a call with a line finds them. Names past the bound are kept as they come (B1).
/// </summary>
internal sealed class NamePool
{
    private const int NamesMax = 4_096;
    private const int LengthMax = 128;

    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);
    private int _count;

    public string Of(string name)
    {
        if (_names.TryGetValue(name, out var known))
        {
            return known;
        }

        // The count may pass the bound by as many as threads add at once.
        if (name.Length <= LengthMax && Volatile.Read(ref _count) < NamesMax && _names.TryAdd(name, name))
        {
            Interlocked.Increment(ref _count);
        }

        return name;
    }
}
