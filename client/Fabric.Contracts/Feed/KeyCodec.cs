using Fabric.Core.Common;
using Fabric.Core.Keys;

namespace Fabric.Contracts.Feed;

/// <summary>How a signing key is written in a frame, and a list of them in <see cref="FrameType.SnapshotKeys"/>.</summary>
public static class KeyCodec
{
    /// <summary>Keys in one frame of a snapshot at most.</summary>
    public const int KeysInFrameMax = 1_000;

    private const int CoordinateSize = 32;

    /// <summary>Writes a key.</summary>
    public static void Write(FrameBuffer to, VerificationKey key) => to
        .Text(key.Kid).Text(key.Tenant).Handle(key.TenantHandle).Bytes(key.X.Span).Bytes(key.Y.Span).I64(key.RetireAfter.UnixMs);

    /// <summary>Reads a key; whether it was whole is the reader's to say.</summary>
    public static VerificationKey Read(ref FrameReader read) => new(
        read.Name(), read.Name(), read.Handle(), read.Take(CoordinateSize).ToArray(), read.Take(CoordinateSize).ToArray(), new Instant(read.I64()));

    /// <summary>Writes whether there is a key, then the key.</summary>
    public static void WriteOptional(FrameBuffer to, VerificationKey? key)
    {
        to.Flag(key is not null);
        if (key is not null)
        {
            Write(to, key);
        }
    }

    /// <summary>Reads what <see cref="WriteOptional"/> wrote.</summary>
    public static VerificationKey? ReadOptional(ref FrameReader read) => read.Flag() ? Read(ref read) : null;

    /// <summary>Writes a frame with at most <see cref="KeysInFrameMax"/> keys.</summary>
    public static void WriteFrame(FrameBuffer to, ReadOnlySpan<VerificationKey> keys)
    {
        if (keys.Length > KeysInFrameMax)
        {
            throw new ArgumentException($"a frame has at most {KeysInFrameMax} keys", nameof(keys));
        }

        to.Begin(FrameType.SnapshotKeys).U16((ushort)keys.Length);
        foreach (var key in keys)
        {
            Write(to, key);
        }
    }

    /// <summary>Reads a frame's keys; null when it is malformed.</summary>
    public static VerificationKey[]? TryReadFrame(ReadOnlySpan<byte> payload)
    {
        var read = new FrameReader(payload);
        var count = read.U16();
        if (count > KeysInFrameMax)
        {
            return null;
        }

        var keys = new VerificationKey[count];
        for (var i = 0; i < count && !read.Failed; i++)
        {
            keys[i] = Read(ref read);
        }

        return read.IsWhole ? keys : null;
    }
}
