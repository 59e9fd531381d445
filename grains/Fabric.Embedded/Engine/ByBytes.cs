using System.Diagnostics.CodeAnalysis;

namespace Fabric.Embedded.Engine;

/// <summary>Values by the bytes that they stand for, so that equal bytes are held or decoded once; up to a bound, past which the table starts over.</summary>
internal sealed class ByBytes<T>(int countMax) where T : class
{
    private readonly Dictionary<byte[], T> _known = new(ByContent.Instance);

    internal bool TryGet(ReadOnlySpan<byte> bytes, [MaybeNullWhen(false)] out T value) =>
        _known.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(bytes, out value);

    /// <summary>Adds a value that is not there yet, and returns it; the bytes are not changed afterwards.</summary>
    internal T Add(byte[] bytes, T value)
    {
        if (_known.Count >= countMax)
        {
            _known.Clear();
        }

        _known.Add(bytes, value);
        return value;
    }

    private sealed class ByContent : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static ByContent Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] value) => GetHashCode(value.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            // Under the process's random seed: tenants choose these bytes.
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
