namespace Fabric.Core.Leases;

/// <summary>A number for each of many slots, and the smallest of all in constant time; a change costs the tree's height.</summary>
internal sealed class MinTree
{
    private ulong[] _nodes = [ulong.MaxValue, ulong.MaxValue];

    /// <summary>The smallest number; the largest there is when all slots are free.</summary>
    public ulong Min => _nodes[1];

    /// <summary>The first slot that has <see cref="Min"/>.</summary>
    public int Slot
    {
        get
        {
            var at = 1;
            while (at < _nodes.Length / 2)
            {
                at = _nodes[2 * at] == Min ? 2 * at : (2 * at) + 1;
            }

            return at - (_nodes.Length / 2);
        }
    }

    /// <summary>Sets a slot's number.</summary>
    public void Set(int slot, ulong value)
    {
        while (slot >= _nodes.Length / 2)
        {
            Grow();
        }

        var at = slot + (_nodes.Length / 2);
        if (_nodes[at] == value)
        {
            return;
        }

        _nodes[at] = value;
        for (at /= 2; at >= 1; at /= 2)
        {
            _nodes[at] = Math.Min(_nodes[2 * at], _nodes[(2 * at) + 1]);
        }
    }

    private void Grow()
    {
        var leaves = _nodes.Length / 2;
        var grown = new ulong[_nodes.Length * 2];
        Array.Fill(grown, ulong.MaxValue);
        _nodes.AsSpan(leaves).CopyTo(grown.AsSpan(leaves * 2));
        for (var at = (leaves * 2) - 1; at >= 1; at--)
        {
            grown[at] = Math.Min(grown[2 * at], grown[(2 * at) + 1]);
        }

        _nodes = grown;
    }
}
