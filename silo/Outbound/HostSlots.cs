namespace Fabric.Silo.Outbound;

/// <summary>Requests at once, in all and to one host (B1): a host that answers slowly holds up what is asked of it, and nobody else.</summary>
internal sealed class HostSlots(int max, int hostMax) : IDisposable
{
    private readonly SemaphoreSlim _all = new(max);
    private readonly Dictionary<string, Host> _hosts = new(StringComparer.Ordinal);

    /// <summary>Hosts that somebody asks or waits to ask.</summary>
    public int Count
    {
        get
        {
            lock (_hosts)
            {
                return _hosts.Count;
            }
        }
    }

    /// <summary>Waits for a slot; to be disposed when the request is over.</summary>
    public async ValueTask<IDisposable> TakeAsync(string host, CancellationToken cancellation)
    {
        Host slots;
        lock (_hosts)
        {
            if (!_hosts.TryGetValue(host, out slots!))
            {
                _hosts.Add(host, slots = new Host(hostMax));
            }
            slots.Users++;
        }
        try
        {
            // The host's first: who waits for a slow one holds no slot of all.
            await slots.Free.WaitAsync(cancellation);
            try
            {
                await _all.WaitAsync(cancellation);
                return new Slot(this, host, slots);
            }
            catch
            {
                slots.Free.Release();
                throw;
            }
        }
        catch
        {
            Leave(host, slots);
            throw;
        }
    }

    public void Dispose() => _all.Dispose();

    private void Leave(string host, Host slots)
    {
        lock (_hosts)
        {
            if (--slots.Users == 0)
            {
                _hosts.Remove(host);
                slots.Free.Dispose();
            }
        }
    }

    private sealed class Host(int max)
    {
        public SemaphoreSlim Free { get; } = new(max);

        public int Users { get; set; }
    }

    private sealed class Slot(HostSlots owner, string host, Host slots) : IDisposable
    {
        public void Dispose()
        {
            owner._all.Release();
            slots.Free.Release();
            owner.Leave(host, slots);
        }
    }
}
