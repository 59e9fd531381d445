using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Fabric.Core.Scopes;

namespace Fabric.Core.Tokens;

/// <summary>
/// Scope sets of tokens that verified, by their text in the token: the credentials of a session, and often those of many, state the same one, so that
/// it is read, compiled and held once. Only sets of verified tokens get in, and past the bound the table starts over (B1). Any thread.
/// </summary>
internal sealed class ScopePool
{
    /// <summary>The most bytes of text of the sets that are held; compiled they take about ten times as much.</summary>
    public const int TextBytesMax = 4 << 20;

    private readonly ConcurrentDictionary<byte[], ScopeSet> _sets = new(new ByTextComparer());
    private int _bytes;

    /// <summary>The set that this text stands for, when it is held.</summary>
    public ScopeSet? Find(ReadOnlySpan<byte> json) => _sets.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(json, out var known) ? known : null;

    /// <summary>Holds a set of a token that verified, under the text that the fabric writes it as.</summary>
    public void Keep(ScopeSet set)
    {
        // May pass the bound by as many as threads add at once.
        var text = set.Json;
        if (_sets.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(text))
        {
            return;
        }

        if (Interlocked.Add(ref _bytes, text.Length) > TextBytesMax)
        {
            _sets.Clear();
            Volatile.Write(ref _bytes, text.Length);
        }

        _ = _sets.TryAdd(text.ToArray(), set);
    }

    private sealed class ByTextComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            // Seeded anew in each process: nobody can choose texts that collide.
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
