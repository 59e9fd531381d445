using System.Buffers.Binary;
using System.Text;
using Fabric.Core.Lineages;

namespace Fabric.Contracts.Feed;

/// <summary>
/// Writes one frame at a time into memory that is used again: no allocation once it has grown to what its connection sends. Grows to at most
/// <see cref="FeedLimits.FrameBytesMax"/>; writing past that is a bug and throws <see cref="InvalidOperationException"/>. Not thread-safe.
/// </summary>
public sealed class FrameBuffer(int capacity = 512)
{
    private byte[] _bytes = new byte[capacity];
    private int _length;

    /// <summary>The frame so far. Valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Starts a frame, dropping the one before.</summary>
    public FrameBuffer Begin(FrameType type)
    {
        _length = 0;
        return U8((byte)type);
    }

    /// <summary>One byte.</summary>
    public FrameBuffer U8(byte value)
    {
        Next(1)[0] = value;
        return this;
    }

    /// <summary>A byte that is 0 or 1.</summary>
    public FrameBuffer Flag(bool value) => U8(value ? (byte)1 : (byte)0);

    /// <summary>Two bytes, big-endian.</summary>
    public FrameBuffer U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Next(2), value);
        return this;
    }

    /// <summary>Four bytes, big-endian.</summary>
    public FrameBuffer U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Next(4), value);
        return this;
    }

    /// <summary>Eight bytes, big-endian.</summary>
    public FrameBuffer U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Next(8), value);
        return this;
    }

    /// <summary>Eight bytes, big-endian, two's complement.</summary>
    public FrameBuffer I64(long value) => U64((ulong)value);

    /// <summary>Sixteen bytes, big-endian.</summary>
    public FrameBuffer U128(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(Next(16), value);
        return this;
    }

    /// <summary>Sixteen bytes that name a node.</summary>
    public FrameBuffer Handle(Handle value)
    {
        value.Write(Next(Core.Lineages.Handle.Size));
        return this;
    }

    /// <summary>Two bytes of length, then UTF-8. Throws <see cref="ArgumentException"/> past <paramref name="bytesMax"/>.</summary>
    public FrameBuffer Text(string? value, int bytesMax = FeedLimits.NameBytesMax)
    {
        var length = value is null ? 0 : Encoding.UTF8.GetByteCount(value);
        if (length > bytesMax)
        {
            throw new ArgumentException($"text of {length} bytes; the limit is {bytesMax}", nameof(value));
        }

        U16((ushort)length);
        Encoding.UTF8.GetBytes(value, Next(length));
        return this;
    }

    /// <summary>Bytes as they are.</summary>
    public FrameBuffer Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Next(value.Length));
        return this;
    }

    private Span<byte> Next(int count)
    {
        var at = _length;
        var needed = checked(at + count);
        if (needed > FeedLimits.FrameBytesMax)
        {
            throw new InvalidOperationException($"a frame has at most {FeedLimits.FrameBytesMax} bytes");
        }

        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Min(FeedLimits.FrameBytesMax, Math.Max(needed, _bytes.Length * 2)));
        }

        _length = needed;
        return _bytes.AsSpan(at, count);
    }
}
