namespace Fabric.Embedded.Storage;

/// <summary>The pause between attempts to write: doubles from 50 ms up to 2 s, so that a full disk costs no CPU and a freed one is seen soon.</summary>
internal sealed class Backoff
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private TimeSpan _next = First;

    /// <summary>The pause to make now; the following one is longer.</summary>
    public TimeSpan Next()
    {
        var pause = _next;
        _next = pause * 2 < Longest ? pause * 2 : Longest;
        return pause;
    }

    public void Reset() => _next = First;
}
