using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;

namespace Fabric.Client.AspNetCore;

/// <summary>
/// Which proofs were used (RFC 9449 section 11.1), for as long as one can be used at all: two generations, each as long as that. Bounded, in all and for each key (B1): past it a proof is
/// refused, since what cannot be remembered could come again. Any thread.
/// </summary>
internal sealed class ProofMemory(TimeSpan lifetime, int max = ProofMemory.Max, int perKeyMax = ProofMemory.PerKeyMax)
{
    /// <summary>The most proofs of one generation.</summary>
    public const int Max = 500_000;

    /// <summary>The most proofs of one key in one generation.</summary>
    public const int PerKeyMax = 50_000;

    private readonly Lock _gate = new();
    private HashSet<UInt128> _used = [];
    private HashSet<UInt128> _usedBefore = [];
    private readonly Dictionary<string, int> _perKey = new(StringComparer.Ordinal);
    private long _turnAtMs = long.MinValue;

    /// <summary>Uses a proof, at a moment of a monotonic clock. Null: it was not used before; else the code to refuse it with.</summary>
    public string? Use(string key, string id, long nowMs)
    {
        var name = BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\n{id}")));
        lock (_gate)
        {
            if (nowMs >= _turnAtMs)
            {
                Turn_NeedsLock(nowMs);
            }

            if (_used.Contains(name) || _usedBefore.Contains(name))
            {
                return Codes.Replayed;
            }

            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_perKey, key, out _);
            if (_used.Count >= max || count >= perKeyMax)
            {
                return Codes.LimitReached;
            }

            count++;
            _used.Add(name);
            return null;
        }
    }

    private void Turn_NeedsLock(long nowMs)
    {
        var isOver = _turnAtMs != long.MinValue && nowMs >= _turnAtMs + (long)lifetime.TotalMilliseconds;
        (_usedBefore, _used) = (isOver ? [] : _used, []);
        _perKey.Clear();
        _turnAtMs = nowMs + (long)lifetime.TotalMilliseconds;
    }
}
