namespace Fabric.Engine.Feed;

/// <summary>How many snapshots are sent at one time (B1): the rest wait for their turn, first come, first served.</summary>
internal sealed class SnapshotTurns(int atOnceMax)
{
    private readonly Lock _gate = new();
    private readonly List<EdgeOutbox> _waiting = [];
    private int _free = atOnceMax;

    /// <summary>Takes a turn. When there is none, the outbox is signalled to try again once there is.</summary>
    public bool TryEnter(EdgeOutbox outbox)
    {
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                _waiting.Remove(outbox);
                return true;
            }

            if (!_waiting.Contains(outbox))
            {
                _waiting.Add(outbox);
            }

            return false;
        }
    }

    /// <summary>Gives a turn back.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _free++;
            Wake();
        }
    }

    /// <summary>Forgets an outbox whose connection has ended.</summary>
    public void Forget(EdgeOutbox outbox)
    {
        lock (_gate)
        {
            if (_waiting.Remove(outbox) && _free > 0)
            {
                // It may have been the one that was woken last.
                Wake();
            }
        }
    }

    private void Wake()
    {
        if (_waiting.Count > 0)
        {
            _waiting[0].Signal();
        }
    }
}
