namespace Fabric.Engine.Commands;

/// <summary>
/// A tenant's users by their ids in whatever case of the letters. Ids are ASCII. Those alone are held that have capital letters: the others are found by what is looked for, in small ones.
/// </summary>
internal sealed class UserNames
{
    private readonly Dictionary<string, SortedSet<string>> _withCapitals = new(StringComparer.Ordinal);

    /// <summary>Remembers a user's id; again changes nothing.</summary>
    internal void Add(string id)
    {
        var small = id.ToLowerInvariant();
        if (small == id)
        {
            return;
        }

        if (!_withCapitals.TryGetValue(small, out var ids))
        {
            _withCapitals.Add(small, ids = new SortedSet<string>(StringComparer.Ordinal));
        }

        ids.Add(id);
    }

    /// <summary>The ids that are this text but for the case of its letters, itself first. <paramref name="isThere"/>: whether there is a user of an id.</summary>
    internal IReadOnlyList<string> Find(string name, Func<string, bool> isThere)
    {
        var (small, found) = (name.ToLowerInvariant(), new List<string>());
        if (isThere(name))
        {
            found.Add(name);
        }

        if (small != name && isThere(small))
        {
            found.Add(small);
        }

        if (_withCapitals.TryGetValue(small, out var ids))
        {
            found.AddRange(ids.Where(id => id != name));
        }

        return found;
    }
}
