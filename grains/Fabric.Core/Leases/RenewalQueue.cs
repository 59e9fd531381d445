namespace Fabric.Core.Leases;

/// <summary>
/// The renewals of one edge that matter: the last granted one, then those that wait for an acknowledgement of the head at their arrival.
/// In order of arrival, so their heads are in order too.
/// </summary>
internal sealed class RenewalQueue
{
    /// <summary>Renewals that wait (B1). A further one takes the place of the last, which then is never granted.</summary>
    private const int WaitingMax = 16;

    private readonly List<(ulong Number, Exposure Exposure)> _waiting = new(4);
    private Exposure _granted = Exposure.None;
    private ulong _last;

    /// <summary>When the last renewal arrived.</summary>
    public TimeSpan LastAt => _waiting.Count > 0 ? _waiting[^1].Exposure.At : _granted.At;

    /// <summary>Whether any renewal was granted, ever.</summary>
    public bool WasGranted => _granted != Exposure.None;

    /// <summary>Takes for granted that some renewal was, at this moment, by a fabric that is no more.</summary>
    public void AssumeGranted(TimeSpan at) => _granted = new Exposure(at, 0);

    /// <summary>Notes a renewal; false when its number is not above the last one's.</summary>
    public bool TryNote(ulong number, Exposure exposure)
    {
        if (number <= _last)
        {
            return false;
        }

        _last = number;
        if (_waiting.Count == WaitingMax)
        {
            _waiting.RemoveAt(WaitingMax - 1);
        }

        _waiting.Add((number, exposure));
        return true;
    }

    /// <summary>Grants the last renewal that an acknowledgement covers and returns its number, or 0.</summary>
    public ulong Grant(ulong acknowledged)
    {
        var covered = 0;
        while (covered < _waiting.Count && _waiting[covered].Exposure.Head <= acknowledged)
        {
            covered++;
        }

        if (covered == 0)
        {
            return 0;
        }

        var (number, exposure) = _waiting[covered - 1];
        _granted = exposure;
        _waiting.RemoveRange(0, covered);
        return number;
    }

    /// <summary>The connection is gone: what waits is never granted, and numbers start anew.</summary>
    public void Disconnect()
    {
        _waiting.Clear();
        _last = 0;
    }

    /// <summary>
    /// The first exposure that lives. A revocation at or below its head met only exposures that have run out, since those before it arrived
    /// earlier; one above its head must wait for it.
    /// </summary>
    public Exposure FirstLiving(TimeSpan bound, TimeSpan now)
    {
        if (WasGranted && _granted.Lives(bound, now))
        {
            return _granted;
        }

        foreach (var (_, exposure) in _waiting)
        {
            if (exposure.Lives(bound, now))
            {
                return exposure;
            }
        }

        return Exposure.None;
    }

    /// <summary>The exposure that a revocation must outwait: the last that arrived before it.</summary>
    public Exposure LastBefore(ulong revision)
    {
        var last = WasGranted ? _granted : Exposure.None;
        foreach (var (_, exposure) in _waiting)
        {
            last = exposure.Head < revision ? exposure : last;
        }

        return last;
    }
}
