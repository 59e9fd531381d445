namespace Fabric.LoadTests.Model;

/// <summary>Cores that steps take in turn: who finds none free waits, first come first served.</summary>
internal sealed class Machine(int cores)
{
    private readonly long[] _freeAt = new long[cores];

    /// <summary>Processor time that was taken in all, in nanoseconds.</summary>
    public long BusyNs { get; private set; }

    /// <summary>Cores.</summary>
    public int Cores => cores;

    /// <summary>Takes a core for a while, as soon as one is free; returns when the step is done. Callers come in the order of time.</summary>
    public long Take(long now, long cost)
    {
        var first = 0;
        for (var i = 1; i < _freeAt.Length; i++)
        {
            first = _freeAt[i] < _freeAt[first] ? i : first;
        }

        BusyNs += cost;
        return _freeAt[first] = Math.Max(now, _freeAt[first]) + cost;
    }
}
