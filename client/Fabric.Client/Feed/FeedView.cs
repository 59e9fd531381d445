using Fabric.Core.Checks;
using Fabric.Core.Index;
using Fabric.Core.Keys;
using Fabric.Core.Leases;
using Fabric.Core.Lineages;

namespace Fabric.Client.Feed;

/// <summary>
/// An enforcement point's copy of the fabric's view, as its connection keeps it. Any thread reads; the connection alone writes, one frame at a time.
/// </summary>
public sealed class FeedView : ICheckView
{
    private readonly UInt128 _seed;
    private readonly EdgeLease _lease = new();
    private readonly Lock _leaseGate = new();
    private RevocationIndex _index;
    private long _leaseMomentMs = ICheckView.NoLease;
    private int _isReady;
    private Handle[] _guardedTenant = new Handle[1];

    /// <summary>A view of nothing. <paramref name="seed"/>: random, of this process alone (see <see cref="RevocationIndex"/>).</summary>
    public FeedView(UInt128 seed)
    {
        _seed = seed;
        _index = new RevocationIndex(seed);
    }

    /// <inheritdoc/>
    public RevocationIndex Index => Volatile.Read(ref _index);

    /// <inheritdoc/>
    public KeyRing Keys { get; } = new();

    /// <inheritdoc/>
    public long LeaseMomentMs => Volatile.Read(ref _leaseMomentMs);

    /// <inheritdoc/>
    public bool IsReady => Volatile.Read(ref _isReady) == 1;

    /// <inheritdoc/>
    public Handle GuardedTenant => Volatile.Read(ref _guardedTenant)[0];

    /// <summary>The epoch of the feed that the view was taken from; 0: none.</summary>
    internal ulong Epoch { get; private set; }

    /// <summary>Up to where the feed is applied; 0 while the view is not whole.</summary>
    internal ulong Revision { get; private set; }

    /// <summary>Whether the lease was handed back over this connection: none is taken over it any more.</summary>
    internal bool IsHandedBack { get; private set; }

    /// <summary>Whether a new connection can go on from here.</summary>
    internal bool CanResume => IsReady;

    /// <summary>The connection stands. Without a resume, nothing is allowed until a snapshot is whole, which replaces the keys too.</summary>
    internal void Connected(ulong epoch, Handle guardedTenant, bool resumed)
    {
        Volatile.Write(ref _guardedTenant, [guardedTenant]);
        Epoch = epoch;
        lock (_leaseGate)
        {
            IsHandedBack = false;
        }

        if (resumed)
        {
            ForgetForeignKeys(guardedTenant);
        }
        else
        {
            Break();
        }
    }

    /// <summary>INVARIANT R2: the view is not whole any more, so nothing is allowed from it.</summary>
    internal void Break()
    {
        lock (_leaseGate)
        {
            Volatile.Write(ref _isReady, 0);
            Volatile.Write(ref _leaseMomentMs, ICheckView.NoLease);
            _lease.Released();
            Revision = 0;
        }
    }

    /// <summary>
    /// An empty index to take a snapshot in. Its versions are past those of the one it will replace: no verdict of before counts after.
    /// </summary>
    internal RevocationIndex Fresh() => new(_seed, Index.Version + 1);

    /// <summary>A snapshot is whole.</summary>
    internal void Replace(RevocationIndex fresh, ulong revision)
    {
        // The old index goes as a whole, and the new one is not laid over it: a lock that was lifted, or a record of an epoch that was not durable,
        // need not be in the snapshot, and would deny for ever. Nothing is lost: while there is no whole view nothing is allowed, so the new one's
        // denials bind from the first allow on (R1, R5).
        fresh.AdvanceTo(revision);
        Volatile.Write(ref _index, fresh);
        Revision = revision;
        Volatile.Write(ref _isReady, 1);
    }

    /// <summary>The feed is applied up to here.</summary>
    internal void Advanced(ulong revision) => Revision = revision;

    /// <summary>A renewal is about to be sent.</summary>
    internal void RenewalSent(ulong number, long nowMs)
    {
        lock (_leaseGate)
        {
            _lease.Sent(number, TimeSpan.FromMilliseconds(nowMs));
        }
    }

    /// <summary>A renewal was granted. False: there was none such.</summary>
    internal bool Granted(ulong number)
    {
        lock (_leaseGate)
        {
            // INVARIANT R1: a grant that was under way when the lease was handed back means nothing.
            if (!_lease.Granted(number) || !IsReady || IsHandedBack)
            {
                return false;
            }

            Volatile.Write(ref _leaseMomentMs, (long)_lease.Moment!.Value.TotalMilliseconds);
            return true;
        }
    }

    /// <summary>The connection is lost: the lease goes on until it runs out.</summary>
    internal void Disconnected()
    {
        lock (_leaseGate)
        {
            _lease.Lost();
        }
    }

    /// <summary>The lease is handed back: nothing is allowed until the next grant. Before the bye is sent (R1).</summary>
    internal void HandBack()
    {
        lock (_leaseGate)
        {
            IsHandedBack = true;
            Volatile.Write(ref _leaseMomentMs, ICheckView.NoLease);
            _lease.Released();
        }
    }

    /// <summary>
    /// INVARIANT R1: a new connection tells an edge that is bound to a tenant nothing of other tenants' keys, until it asks for one of that tenant; a
    /// revocation of what was kept would go by unseen and be acknowledged. However it came, such a key is asked for again when a token names it. An edge that
    /// is bound to none is told of all keys.
    /// </summary>
    private void ForgetForeignKeys(Handle own)
    {
        if (own.IsZero)
        {
            return;
        }

        foreach (var key in Keys.Snapshot())
        {
            if (key.TenantHandle != own)
            {
                Keys.Remove(key.Kid);
            }
        }
    }
}
