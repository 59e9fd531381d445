using System.Collections.Concurrent;
using Fabric.Core.Common;
using Fabric.Core.Lineages;

namespace Fabric.Core.Keys;

/// <summary>
/// The public signing keys of all tenants, by key id. Reads take no lock, from any thread; changes may come from any thread and are rare.
/// At most <see cref="KeysMax"/> keys (B1).
/// </summary>
public sealed class KeyRing
{
    /// <summary>The most keys a ring holds (B1).</summary>
    public const int KeysMax = 1_000_000;

    private const int CoordinateSize = 32;

    private readonly Lock _changes = new();
    private readonly ConcurrentDictionary<string, Handle> _tenants = new(StringComparer.Ordinal);
    private readonly int _keysMax;
    private ConcurrentDictionary<string, RingKey> _keys = new(StringComparer.Ordinal);
    private long _version;

    /// <param name="keysMax">The most keys, 1 to <see cref="KeysMax"/>.</param>
    public KeyRing(int keysMax = KeysMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keysMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keysMax, KeysMax);
        _keysMax = keysMax;
    }

    /// <summary>Moves after every change: what was verified with a key is good for as long as this stands still.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Keys held.</summary>
    public int Count => Volatile.Read(ref _keys).Count;

    /// <summary>How many more keys there is room for.</summary>
    public int Room => _keysMax - Count;

    /// <summary>
    /// Adds a key, or brings the retirement of a known one nearer: never farther, so that an older message about a key cannot undo its revocation. Refusals: <see cref="Codes.InvalidField"/> when the point is
    /// not two coordinates of 32 bytes; <see cref="Codes.AlreadyExists"/> when the id is another key's, or another tenant's;
    /// <see cref="Codes.LimitReached"/>.
    /// </summary>
    public Rejection? Add(VerificationKey key)
    {
        if (key.X.Length != CoordinateSize || key.Y.Length != CoordinateSize)
        {
            return new Rejection(Codes.InvalidField, "key", "a P-256 point has two coordinates of 32 bytes");
        }

        lock (_changes)
        {
            if (_keys.TryGetValue(key.Kid, out var known))
            {
                if (!known.IsFor(key))
                {
                    return new Rejection(Codes.AlreadyExists, key.Kid, "a key id never changes its key or its tenant");
                }

                // INVARIANT R1: an answer to a question from before the revocation may come after it.
                _keys[key.Kid] = known.With(key with { RetireAfter = Instant.Min(key.RetireAfter, known.Key.RetireAfter) });
            }
            else if (_keys.Count >= _keysMax)
            {
                return new Rejection(Codes.LimitReached, key.Kid, $"a ring holds at most {_keysMax} keys");
            }
            else
            {
                _keys[key.Kid] = new RingKey(key);
            }

            _tenants[key.Tenant] = key.TenantHandle;
            Moved();
            return null;
        }
    }

    /// <summary>Lets a key verify nothing after a moment, or after the one it had when that is nearer. False when the key is not known.</summary>
    public bool Retire(string kid, Instant after)
    {
        lock (_changes)
        {
            if (!_keys.TryGetValue(kid, out var known))
            {
                return false;
            }

            _keys[kid] = known.With(known.Key with { RetireAfter = Instant.Min(after, known.Key.RetireAfter) });
            Moved();
            return true;
        }
    }

    /// <summary>Forgets a key: nothing that it signed verifies any more, cached or not. False when the key is not known.</summary>
    public bool Remove(string kid)
    {
        lock (_changes)
        {
            if (!_keys.TryRemove(kid, out _))
            {
                return false;
            }

            Moved();
            return true;
        }
    }

    /// <summary>Replaces all keys at once, as a snapshot of the feed does. The first refusal of <see cref="Add"/> leaves the ring as it was.</summary>
    public Rejection? Replace(IReadOnlyCollection<VerificationKey> keys)
    {
        var next = new KeyRing();
        foreach (var key in keys)
        {
            if (next.Add(key) is { } rejection)
            {
                return rejection;
            }
        }

        lock (_changes)
        {
            Volatile.Write(ref _keys, next._keys);
            foreach (var (tenant, handle) in next._tenants)
            {
                _tenants[tenant] = handle;
            }

            Moved();
            return null;
        }
    }

    /// <summary>A key by its id; null when it is not known.</summary>
    public VerificationKey? Find(string kid) => FindKey(kid)?.Key;

    /// <summary>All keys, in no order.</summary>
    public IReadOnlyList<VerificationKey> Snapshot()
    {
        var keys = Volatile.Read(ref _keys);
        var all = new List<VerificationKey>(keys.Count);
        foreach (var (_, key) in keys)
        {
            all.Add(key.Key);
        }

        return all;
    }

    /// <summary>The lineage handle of a tenant, as its keys carry it; zero when no key of the tenant was ever seen.</summary>
    public Handle HandleOf(string tenant) => _tenants.GetValueOrDefault(tenant);

    internal RingKey? FindKey(string kid) => Volatile.Read(ref _keys).GetValueOrDefault(kid);

    // INVARIANT R1: after the change shows, so that nothing verified before it carries the version from after it.
    private void Moved() => Volatile.Write(ref _version, _version + 1);
}
